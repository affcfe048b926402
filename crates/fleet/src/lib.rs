//! The fleet file `convoy.yaml`, releases, and what each of them means for one context.
//!
//! What lives here: the types of both files, the older release forms, selection of contexts, templates of values files,
//! and the values a run lays over them. What does not: I/O (finding and reading files is the caller's), kubeconfigs,
//! helm, and the values of secrets.

mod chart;
mod error;
mod fleet;
mod json;
mod names;
mod overlay;
mod pairs;
mod release;
mod select;
mod selection;
mod template;
mod value_path;

pub use chart::Chart;
pub use error::Error;
pub use fleet::{AuthMethod, Fleet, Target, Vault};
pub use json::to_json;
pub use overlay::overlay;
pub use release::{Contexts, Image, Release, Replica, Scaling};
pub use select::select;
pub use selection::Selection;
pub use template::{Template, ValuesFile, ValuesTemplate};
pub use value_path::ValuePath;
