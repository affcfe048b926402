//! The leaves of a plain text in document order, typed as SOPS does.

use sops::Store;
use yamldoc::{Kind, NodeId, Profile, Stream, Value};

use super::flatten_flat::{dotenv, ini};
use super::flatten_json::json;

/// One scalar: document, type, path of keys, bytes; null has no bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    pub document: usize,
    pub kind: String,
    pub path: Vec<String>,
    pub bytes: Vec<u8>,
}

impl Leaf {
    pub fn is_ciphertext(&self) -> bool {
        self.bytes.starts_with(b"ENC[AES256_GCM")
    }

    /// A string of the first document.
    pub fn text(path: &[&str], bytes: &[u8]) -> Self {
        let path = path.iter().map(|&key| key.to_owned()).collect();
        Self { document: 0, kind: "str".into(), path, bytes: bytes.into() }
    }
}

/// All scalars of a text of `store`; the metadata of an encrypted one is left out.
pub fn leaves(bytes: &[u8], store: Store) -> Vec<Leaf> {
    let text = || std::str::from_utf8(bytes).unwrap();
    match store {
        Store::Yaml => yaml(text()),
        Store::Json => json(text()),
        Store::Dotenv => dotenv(text()),
        Store::Ini => ini(text()),
        Store::Binary => vec![Leaf::text(&["data"], bytes)],
    }
}

fn yaml(text: &str) -> Vec<Leaf> {
    let stream = Stream::parse(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    let mut out = Vec::new();
    for (document, root) in stream.documents.iter().enumerate() {
        if let Kind::Mapping { .. } = stream.node(root.root).kind {
            collect(&stream, root.root, document, &mut Vec::new(), &mut out);
        }
    }
    out
}

/// Texts of all comments, without what introduces them.
pub fn comments(text: &str, store: Store) -> Vec<String> {
    match store {
        Store::Json | Store::Binary => return Vec::new(),
        Store::Dotenv => {
            return text.lines().filter_map(|line| line.strip_prefix('#')).map(str::to_owned).collect();
        }
        Store::Ini => {
            let comments = text.lines().filter_map(|line| line.split_once([';', '#']));
            return comments.map(|(_, comment)| comment.trim().to_owned()).collect();
        }
        Store::Yaml => {}
    }
    let stream = Stream::parse(text).unwrap();
    stream.comments.iter().map(|comment| stream.source(comment.span)[1..].to_owned()).collect()
}

fn collect(stream: &Stream<'_>, id: NodeId, document: usize, path: &mut Vec<String>, out: &mut Vec<Leaf>) {
    match &stream.node(stream.resolved(id)).kind {
        Kind::Mapping { entries, .. } => {
            for &(key, value) in entries {
                let key = stream.key(key).unwrap();
                if path.is_empty() && key == "sops" {
                    continue;
                }
                path.push(key.to_owned());
                collect(stream, value, document, path, out);
                path.pop();
            }
        }
        Kind::Sequence { items, .. } => {
            for &item in items {
                collect(stream, item, document, path, out);
            }
        }
        _ => {
            let (kind, bytes) = match stream.value(id, Profile::Sops).unwrap().unwrap() {
                Value::Null => ("null", Vec::new()),
                Value::Bool(flag) => ("bool", if flag { b"True".to_vec() } else { b"False".to_vec() }),
                Value::Int(int) => ("int", int.to_string().into_bytes()),
                Value::UInt(int) => ("uint", int.to_string().into_bytes()),
                Value::Float(float) => ("float", yamldoc::fixed_float(float).into_bytes()),
                Value::Time(time) => ("time", time.into_bytes()),
                Value::Str(text) => ("str", text.into_owned().into_bytes()),
                Value::Bytes(bytes) => ("str", bytes),
            };
            out.push(Leaf { document, kind: kind.to_owned(), path: path.clone(), bytes });
        }
    }
}
