//! An encrypted file of any store, and what can be done with it.

use std::fmt;
use std::time::SystemTime;

use yamldoc::Syntax;

use crate::binary;
use crate::changes::Changes;
use crate::cipher::{Cipher, PREFIX};
use crate::coverage::Coverage;
use crate::data_key::DataKey;
use crate::error::Error;
use crate::flat;
use crate::metadata::{KeyGroup, Metadata};
use crate::plain::Plain;
use crate::settings::Settings;
use crate::store::Store;
use crate::tree;

/// An encrypted file, read but not opened.
pub struct Document<'a> {
    store: Store,
    form: Form<'a>,
}

/// The engines.
enum Form<'a> {
    /// YAML and JSON.
    Tree(tree::Document<'a>),
    Binary(binary::Document<'a>),
    /// dotenv and ini.
    Flat(flat::Document<'a>),
}

impl fmt::Debug for Document<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = out.debug_struct("Document");
        debug.field("store", &self.store).field("metadata", self.metadata()).finish_non_exhaustive()
    }
}

/// Whether ciphertext occurs anywhere in `text`, also in a file that lost its metadata. Such a file must not be taken
/// for a plain one.
#[must_use]
pub fn has_ciphertext(text: &str) -> bool {
    text.contains(PREFIX)
}

impl<'a> Document<'a> {
    /// Reads an encrypted text of `store`.
    ///
    /// # Errors
    /// [`Error::Yaml`], [`Error::NoMetadata`], [`Error::BadMetadata`], [`Error::NoKeys`], [`Error::Selector`],
    /// [`Error::NoData`], [`Error::TooLarge`], [`Error::Line`].
    pub fn parse(text: &'a str, store: Store) -> Result<Self, Error> {
        let form = match store {
            Store::Json => Form::Tree(tree::Document::parse(text, Syntax::Json)?),
            Store::Binary => Form::Binary(binary::Document::parse(text)?),
            Store::Yaml => Form::Tree(tree::Document::parse(text, Syntax::Yaml)?),
            Store::Dotenv => Form::Flat(flat::Document::parse(text, flat::Format::Dotenv)?),
            Store::Ini => Form::Flat(flat::Document::parse(text, flat::Format::Ini)?),
        };
        Ok(Self { store, form })
    }

    /// Reads `text` if it has SOPS metadata; a plain text gives `None`. `named` is the store that the name of the file
    /// stands for. Where the text cannot be of that store, its content says which one it is.
    ///
    /// # Errors
    /// As [`Document::parse`], for texts that look encrypted only.
    pub fn detect(text: &'a str, named: Store) -> Result<Option<Self>, Error> {
        let found = Self::detect_as(text, named);
        if let Ok(Some(_)) = &found {
            return found;
        }
        match Store::of_content(text) {
            Some(store) if store != named => match Self::detect_as(text, store) {
                Ok(Some(other)) => Ok(Some(other)),
                _ => found,
            },
            _ => found,
        }
    }

    fn detect_as(text: &'a str, store: Store) -> Result<Option<Self>, Error> {
        let form = match store {
            Store::Json => tree::Document::detect(text, Syntax::Json)?.map(Form::Tree),
            Store::Binary => binary::Document::detect(text)?.map(Form::Binary),
            Store::Yaml => tree::Document::detect(text, Syntax::Yaml)?.map(Form::Tree),
            Store::Dotenv => flat::Document::detect(text, flat::Format::Dotenv)?.map(Form::Flat),
            Store::Ini => flat::Document::detect(text, flat::Format::Ini)?.map(Form::Flat),
        };
        Ok(form.map(|form| Self { store, form }))
    }

    /// What the file is.
    #[must_use]
    pub fn store(&self) -> Store {
        self.store
    }

    /// What the file says about itself; in YAML the block of the first document speaks for all.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        match &self.form {
            Form::Tree(tree) => &tree.metadata,
            Form::Binary(binary) => &binary.tree.metadata,
            Form::Flat(flat) => &flat.metadata,
        }
    }

    /// How much of the file is encrypted.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        match &self.form {
            Form::Tree(tree) => Coverage::of_tree(tree),
            Form::Binary(binary) => Coverage::of_tree(&binary.tree),
            Form::Flat(flat) => Coverage::of_flat(flat),
        }
    }

    /// Decrypts all values and comments and verifies the MAC.
    ///
    /// A comment that cannot be decrypted stays as it is: comments are not authenticated, and other tools move them.
    ///
    /// # Errors
    /// [`Error::Value`] for the first value that cannot be decrypted; [`Error::MacMissing`], [`Error::MacDecrypt`],
    /// [`Error::MacMismatch`].
    pub fn decrypt(&self, key: &DataKey) -> Result<Plain, Error> {
        let (plain, mac) = self.decrypt_unverified(key)?;
        mac.map(|()| plain)
    }

    /// Decrypts like [`Document::decrypt`]; what the check of the MAC says is left to the caller. Only for people who
    /// ask for it (`--ignore-mac`): without the check nobody knows who wrote the values.
    ///
    /// # Errors
    /// [`Error::Value`].
    pub fn decrypt_unverified(&self, key: &DataKey) -> Result<(Plain, Result<(), Error>), Error> {
        match &self.form {
            Form::Tree(tree) => tree.decrypt(&Cipher::new(key)),
            Form::Binary(binary) => binary.decrypt(&Cipher::new(key)),
            Form::Flat(flat) => flat.decrypt(&Cipher::new(key)),
        }
    }

    /// The encrypted form of `plain`, which replaces the text this file decrypts to.
    ///
    /// Ciphertext of unchanged values and comments is kept verbatim: by position first, then, for list items that
    /// moved, by path. Everything else gets a fresh IV. MAC and time stay unless a value changed; an unchanged text
    /// gives the same file.
    ///
    /// # Errors
    /// Those of [`Document::decrypt`] and [`encrypt`].
    pub fn update(&self, plain: &[u8], key: &DataKey, now: SystemTime) -> Result<(String, Changes), Error> {
        match &self.form {
            Form::Tree(tree) => tree.update(text_of(plain)?, &Cipher::new(key), now),
            Form::Binary(binary) => binary.update(plain, &Cipher::new(key), now),
            Form::Flat(flat) => flat.update(text_of(plain)?, &Cipher::new(key), now),
        }
    }

    /// The file with its data key wrapped otherwise: values, MAC and time stay as they are.
    ///
    /// # Errors
    /// [`Error::NotRepresentable`].
    pub fn rewrap(&self, groups: Vec<KeyGroup>, shamir_threshold: Option<u32>) -> Result<String, Error> {
        let metadata = Metadata { groups, shamir_threshold, ..self.metadata().clone() };
        match &self.form {
            Form::Tree(tree) => tree.rewrap(&metadata),
            Form::Binary(binary) => binary.tree.rewrap(&metadata),
            Form::Flat(flat) => flat.rewrap(&metadata),
        }
    }

    /// The file under a new data key, `new`, which `groups` wrap: every value and the MAC are encrypted anew.
    ///
    /// # Errors
    /// Those of [`Document::decrypt`] and [`encrypt`].
    pub fn rotate(
        &self,
        key: &DataKey,
        new: &DataKey,
        groups: Vec<KeyGroup>,
        shamir_threshold: Option<u32>,
        now: SystemTime,
    ) -> Result<String, Error> {
        let plain = self.decrypt(key)?;
        let old = self.metadata();
        let settings = Settings {
            groups,
            shamir_threshold,
            selector: old.selector.clone(),
            mac_only_encrypted: old.mac_only_encrypted,
            now,
            indent: match &self.form {
                Form::Tree(tree) => tree.block_step(),
                Form::Binary(binary) => binary.tree.block_step(),
                Form::Flat(_) => None,
            },
            unknown: old.unknown.clone(),
        };
        encrypt(&plain.content, self.store, new, &settings)
    }
}

/// Encrypts a plain text. Everything but selected values and comments stays byte for byte, and decrypting gives back
/// the same bytes.
///
/// # Errors
/// [`Error::Yaml`] (syntax, duplicate and non-string keys), [`Error::NotText`], [`Error::Empty`], [`Error::NotAMap`],
/// [`Error::ReservedKey`], [`Error::Unsupported`], [`Error::Selector`], [`Error::SelectorMatchesCiphertext`].
pub fn encrypt(plain: &[u8], store: Store, key: &DataKey, settings: &Settings) -> Result<String, Error> {
    match store {
        Store::Json => tree::encrypt(text_of(plain)?, Syntax::Json, key, settings),
        Store::Binary => Ok(binary::encrypt(plain, key, settings)),
        Store::Yaml => tree::encrypt(text_of(plain)?, Syntax::Yaml, key, settings),
        Store::Dotenv => flat::encrypt(text_of(plain)?, flat::Format::Dotenv, key, settings),
        Store::Ini => flat::encrypt(text_of(plain)?, flat::Format::Ini, key, settings),
    }
}

/// Every store but the binary one holds text.
pub(crate) fn text_of(plain: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(plain).map_err(|error| {
        let line = plain[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
        Error::NotText { line }
    })
}
