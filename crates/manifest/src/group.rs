//! Equal diffs of many contexts, shown once.

use std::collections::HashMap;

use serde::Serialize;

use crate::Diff;

/// The contexts in which exactly this changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// In the order given; never empty.
    pub contexts: Vec<String>,
    pub diff: Diff,
}

/// Groups contexts by equal diffs: most contexts first, then in the order given. Contexts without a difference are a
/// group too, the last.
///
/// Diffs are compared as they are shown, so that contexts that differ in the values of secrets alone are one group.
pub fn group(diffs: Vec<(String, Diff)>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut positions: HashMap<Diff, usize> = HashMap::new();
    for (context, diff) in diffs {
        match positions.get(&diff) {
            Some(position) => groups[*position].contexts.push(context),
            None => {
                positions.insert(diff.clone(), groups.len());
                groups.push(Group { contexts: vec![context], diff });
            }
        }
    }
    groups.sort_by_key(|group| (group.diff.is_empty(), std::cmp::Reverse(group.contexts.len())));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Masker, Objects, Options};

    fn replicas(count: u32) -> Diff {
        let objects = |count: u32| {
            Objects::parse(
                &format!("kind: Deployment\nmetadata: {{name: a}}\nspec: {{replicas: {count}}}\n"),
                "apps",
            )
        };
        crate::diff(&objects(1), &objects(count), &Masker::default(), &Options::default())
    }

    #[test]
    fn equal_diffs_are_one_group() {
        let contexts = [("a", 1), ("b", 2), ("c", 3), ("d", 3), ("e", 1), ("f", 1)];
        let groups = group(contexts.map(|(context, count)| (context.to_owned(), replicas(count))).to_vec());
        let contexts: Vec<String> = groups.iter().map(|group| group.contexts.concat()).collect();
        assert_eq!(contexts, ["cd", "b", "aef"]);
        assert!(groups[2].diff.is_empty());
    }
}
