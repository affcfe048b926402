//! A text in the form of another store.

use sops::Store;
use ui::CommandError;
use zeroize::Zeroizing;

use crate::source::Source;

/// `plain`, which `source` is or holds, as a text of the store `to`; `None` where it is one already.
pub fn convert(
    source: &Source,
    plain: &[u8],
    from: Store,
    to: Store,
) -> Result<Option<Zeroizing<Vec<u8>>>, CommandError> {
    if from == to {
        return Ok(None);
    }
    let made = sops::convert(plain, from, to).map_err(|error| {
        CommandError::new(error).context(format!("failed to turn {} into {}", source.shown(), to.name()))
    })?;
    Ok(Some(made))
}
