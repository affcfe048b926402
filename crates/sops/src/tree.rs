//! Files that are trees of maps, lists and values: YAML and JSON. Ciphertext is spliced into the text, which otherwise
//! stays as it is.

mod block;
mod comments;
mod counterparts;
mod decrypt;
mod document;
mod encrypt;
mod entry;
mod json;
pub(crate) mod layout;
mod leaves;
mod seal;
mod splice;
mod token;
mod update;
pub(crate) mod walk;

pub(crate) use document::Document;
pub(crate) use encrypt::encrypt;
