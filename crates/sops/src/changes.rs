//! What a new plain text changes.

/// What an update did, by the path of each value (`db.hosts[0]`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Values that are different now.
    pub changed: Vec<String>,
    /// Values that were not there.
    pub added: Vec<String>,
    /// Values that are gone.
    pub removed: Vec<String>,
    /// Values that are the same.
    pub kept: usize,
}

impl Changes {
    /// Whether every value is what it was. Comments and layout may differ all the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.added.is_empty() && self.removed.is_empty()
    }
}
