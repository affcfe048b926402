//! The binary store: any bytes as the one value of a JSON object, `{"data": "ENC[...]", "sops": {...}}`.
//!
//! The JSON around the value is ours, not the user's, so it is written anew. No selector applies to it, and none is
//! written; a file of older SOPS may have one, and is read by it.

use std::time::SystemTime;

use yamldoc::{Kind, NodeId, Style, Syntax};
use zeroize::Zeroizing;

use crate::changes::Changes;
use crate::cipher::Cipher;
use crate::data_key::DataKey;
use crate::error::Error;
use crate::mac::Mac;
use crate::metadata::{Metadata, Pretty};
use crate::plain::Plain;
use crate::settings::Settings;
use crate::tree;
use crate::typed::{Type, Typed};

/// The key of the one value.
const DATA: &str = "data";

/// The content, and what the check of the MAC says.
type Opened = (Zeroizing<Vec<u8>>, Result<(), Error>);

/// An encrypted binary file.
pub(crate) struct Document<'a> {
    pub(crate) tree: tree::Document<'a>,
    /// The value's node.
    data: NodeId,
}

impl<'a> Document<'a> {
    /// Reads an encrypted text.
    ///
    /// # Errors
    /// Those of a JSON text, and [`Error::NoData`].
    pub(crate) fn parse(text: &'a str) -> Result<Self, Error> {
        Self::of(tree::Document::parse(text, Syntax::Json)?)
    }

    /// Reads `text` if it is an encrypted binary file as this store writes it: with nothing but the data beside the
    /// metadata. An object of several values is a JSON file, of which the store would show only one.
    pub(crate) fn detect(text: &'a str) -> Result<Option<Self>, Error> {
        let Some(tree) = tree::Document::detect(text, Syntax::Json)? else { return Ok(None) };
        let root = tree.stream.node(tree.stream.documents[0].root);
        let alone = matches!(&root.kind, Kind::Mapping { entries, .. } if entries.len() == 2);
        if alone { Self::of(tree).map(Some) } else { Ok(None) }
    }

    fn of(tree: tree::Document<'a>) -> Result<Self, Error> {
        let root = tree.stream.documents[0].root;
        let data = tree
            .stream
            .get(root, DATA)
            .filter(|&data| matches!(tree.stream.node(data).kind, Kind::Scalar { style: Style::Double, .. }));
        let data = data.ok_or_else(|| Error::NoData { place: tree.stream.place(root) })?;
        Ok(Self { tree, data })
    }

    pub(crate) fn decrypt(&self, cipher: &Cipher) -> Result<(Plain, Result<(), Error>), Error> {
        let (bytes, mac) = self.open(cipher)?;
        let text = std::str::from_utf8(&bytes).ok().filter(|text| !text.is_empty());
        let secrets = text.map(|text| Zeroizing::new(text.to_owned())).into_iter().collect();
        Ok((Plain { content: bytes, secrets }, mac))
    }

    fn open(&self, cipher: &Cipher) -> Result<Opened, Error> {
        let mut values = self.tree.open(cipher)?;
        let opened = self.tree.walk.leaf_of(self.data).and_then(|visit| values.opened[visit].take());
        let bytes = match (opened, &self.tree.stream.node(self.data).kind) {
            (Some(opened), _) => opened.raw,
            // An empty file, or one that an old selector left in cleartext.
            (None, Kind::Scalar { value, .. }) => Zeroizing::new(value.as_bytes().to_vec()),
            (None, _) => Zeroizing::default(),
        };
        Ok((bytes, values.mac.map(drop)))
    }

    /// The encrypted form of `plain`; the file as it is if its content is the same.
    pub(crate) fn update(
        &self,
        plain: &[u8],
        cipher: &Cipher,
        now: SystemTime,
    ) -> Result<(String, Changes), Error> {
        let (old, mac) = self.open(cipher)?;
        mac?;
        if *old == plain {
            return Ok((self.tree.stream.text.to_owned(), Changes { kept: 1, ..Changes::default() }));
        }
        let mac = mac_of(plain, self.tree.metadata.mac_only_encrypted);
        let metadata = self.tree.metadata.signed(cipher, &mac, now);
        let changes = Changes { changed: vec![DATA.to_owned()], ..Changes::default() };
        Ok((write(plain, cipher, &metadata, self.tree.block_step()), changes))
    }
}

/// Encrypts any bytes.
pub(crate) fn encrypt(plain: &[u8], key: &DataKey, settings: &Settings) -> String {
    let cipher = Cipher::new(key);
    let metadata = settings.metadata(&cipher, &mac_of(plain, settings.mac_only_encrypted));
    write(plain, &cipher, &metadata, settings.indent)
}

fn mac_of(plain: &[u8], encrypted_only: bool) -> String {
    let mut mac = Mac::new(encrypted_only);
    mac.add(plain, true);
    mac.finish()
}

/// `step` blanks a level, or a tab.
fn write(plain: &[u8], cipher: &Cipher, metadata: &Metadata, step: Option<usize>) -> String {
    let unit = step.map_or_else(|| "\t".to_owned(), |step| " ".repeat(step));
    let pretty = Pretty { line_break: "\n", margin: unit.clone(), unit };
    let margin = &pretty.margin;
    // Empty text is never encrypted.
    let token = if plain.is_empty() {
        String::new()
    } else {
        cipher.seal(&Typed { kind: Type::Str, bytes: plain.into() }, "data:")
    };
    let block = metadata.json(None, Some(&pretty), false);
    format!("{{\n{margin}\"{DATA}\": \"{token}\",\n{margin}{block}\n}}\n")
}
