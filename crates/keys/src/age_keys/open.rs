//! Opening wrapped keys, each an armored age file of its own.

use std::io::{BufRead, Read};

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor};
use zeroize::Zeroizing;

/// Longest content of a wrapped key: an AES-256 key, or a Shamir share of it, which is a byte longer.
const LONGEST_KEY: u64 = 33;
/// Longest line of a header that is looked at.
const LONGEST_LINE: u64 = 16 * 1024;

/// What `enc` holds, if one of the identities opens it; an error, in words, if it is no intact age file.
pub(super) fn open<'a>(
    enc: &str,
    identities: impl IntoIterator<Item = &'a dyn age::Identity>,
) -> Result<Option<Zeroizing<Vec<u8>>>, &'static str> {
    let decryptor = match Decryptor::new_buffered(ArmoredReader::new(enc.as_bytes())) {
        Ok(decryptor) => decryptor,
        Err(DecryptError::UnknownFormat) => return Err("it is of an unknown age version"),
        Err(_) => return Err("it has no valid age header"),
    };
    let reader = match decryptor.decrypt(identities.into_iter()) {
        Ok(reader) => reader,
        Err(DecryptError::NoMatchingKeys) => return Ok(None),
        Err(DecryptError::InvalidMac) => return Err("its header was changed"),
        Err(_) => return Err("it does not decrypt"),
    };
    let mut key = Zeroizing::new(Vec::with_capacity(64));
    let read = reader.take(LONGEST_KEY + 1).read_to_end(&mut key);
    read.map_err(|_| "its content was changed")?;
    Ok(Some(key))
}

/// The words of every stanza in the header of `enc`, its kind first; none if that is no age file.
pub(super) fn stanzas(enc: &str) -> Vec<Vec<String>> {
    let mut lines = ArmoredReader::new(enc.as_bytes());
    let mut found = Vec::new();
    loop {
        let mut line = String::new();
        let read = lines.by_ref().take(LONGEST_LINE).read_line(&mut line);
        if !read.is_ok_and(|bytes| bytes > 0) || line.starts_with("---") {
            return found;
        }
        if let Some(words) = line.strip_prefix("-> ") {
            found.push(words.split_whitespace().map(str::to_owned).collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_stanzas() {
        let identity = age::x25519::Identity::generate();
        let enc = age::encrypt_and_armor(&identity.to_public(), b"x").unwrap();
        // age adds a stanza that means nothing to nobody.
        let found = stanzas(&enc);
        assert_eq!(found[0][0], "X25519");
        assert_eq!(found[0].len(), 2);
        for broken in ["", "hunter2", "-----BEGIN AGE ENCRYPTED FILE-----\n", &enc[..enc.len() / 4]] {
            assert!(stanzas(broken).is_empty(), "{broken:?}");
        }
    }
}
