//! The Transit engine: encrypts and decrypts small things, such as the data key of a file, with a key that stays at
//! the server.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::transport::{Answer, Transport};
use crate::{Error, Settings, login};

/// One identity at the Transit engines of one server.
pub struct Transit {
    transport: Transport,
}

impl Transit {
    /// Takes the token of `settings`, or logs in; the token is not revoked at the end.
    ///
    /// The process must have installed a rustls crypto provider (`ring`), also for plain http.
    ///
    /// # Errors
    /// [`Error`], about settings, credentials or the login.
    pub async fn connect(settings: &Settings) -> Result<Self, Error> {
        let mut transport = Transport::new(settings)?;
        let login = login::log_in(&settings.auth, &transport).await?;
        transport.set_token(&login.token)?;
        Ok(Self { transport })
    }

    /// As [`Transit::connect`], to an agent: it may add a token of its own, so that having none is no error here.
    ///
    /// # Errors
    /// As [`Transit::connect`], except for a missing token.
    pub async fn through_agent(settings: &Settings) -> Result<Self, Error> {
        match Self::connect(settings).await {
            Err(Error::NoToken { .. }) => Ok(Self { transport: Transport::new(settings)? }),
            connected => connected,
        }
    }

    /// Encrypts with the newest version of a key; the ciphertext is the server's text, `vault:v1:...`.
    ///
    /// # Errors
    /// [`Error`], which holds neither the plaintext nor the answer.
    pub async fn encrypt(&self, engine: &str, key: &str, plaintext: &[u8]) -> Result<String, Error> {
        #[derive(Deserialize)]
        struct Encrypted {
            ciphertext: String,
        }
        let plaintext = Zeroizing::new(STANDARD.encode(plaintext));
        // Base64 needs no escaping in JSON.
        let body = Zeroizing::new(format!(r#"{{"plaintext":"{}"}}"#, *plaintext));
        let path = format!("{engine}/encrypt/{key}");
        let answer = self.ask(&path, body.as_bytes()).await?;
        let Encrypted { ciphertext } = self.data(&answer, &path)?;
        Ok(ciphertext)
    }

    /// Decrypts what [`Transit::encrypt`] gave.
    ///
    /// # Errors
    /// [`Error`], which holds nothing of the answer.
    pub async fn decrypt(
        &self,
        engine: &str,
        key: &str,
        ciphertext: &str,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        #[derive(Deserialize)]
        struct Decrypted<'a> {
            #[serde(borrow)]
            plaintext: Cow<'a, str>,
        }
        let body = serde_json::json!({ "ciphertext": ciphertext }).to_string();
        let path = format!("{engine}/decrypt/{key}");
        let answer = self.ask(&path, body.as_bytes()).await?;
        let Decrypted { plaintext } = self.data(&answer, &path)?;
        let plaintext = STANDARD.decode(plaintext.as_bytes());
        plaintext
            .map(Zeroizing::new)
            .map_err(|_| self.transport.unexpected(&path, "the plaintext is not base64"))
    }

    async fn ask(&self, path: &str, body: &[u8]) -> Result<Answer, Error> {
        let answer = self.transport.put(path, body).await?;
        let (address, path, status) = (self.transport.address(), path.to_owned(), answer.status.as_u16());
        if answer.status.is_success() { Ok(answer) } else { Err(Error::Transit { address, path, status }) }
    }

    fn data<'a, T: Deserialize<'a>>(&self, answer: &'a Answer, path: &str) -> Result<T, Error> {
        #[derive(Deserialize)]
        struct Whole<T> {
            data: T,
        }
        let whole: Result<Whole<T>, _> = serde_json::from_slice(&answer.body);
        whole.map(|whole| whole.data).map_err(|_| self.transport.unexpected(path, "no Transit answer in it"))
    }
}

impl fmt::Debug for Transit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transit").field("address", &self.transport.address()).finish_non_exhaustive()
    }
}
