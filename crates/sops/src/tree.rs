//! Files that are trees of maps, lists and values: YAML and JSON. Ciphertext is spliced into the text, which otherwise
//! stays as it is.

mod block;
mod comments;
mod decrypt;
mod document;
mod encrypt;
pub(crate) mod layout;
mod leaves;
mod seal;
mod token;
mod update;
mod walk;

pub(crate) use document::Document;
pub(crate) use encrypt::encrypt;
