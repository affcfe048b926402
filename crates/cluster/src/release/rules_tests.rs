use std::collections::BTreeMap;

use super::history::*;

/// A history as it really is: the description is only seen by looking.
struct Stored(Vec<Revision>);

fn stored(revisions: &[(u32, Status, Option<&str>, &str)]) -> Stored {
    let revision = |(number, status, run, description): &(u32, Status, Option<&str>, &str)| Revision {
        number: *number,
        status: *status,
        modified: None,
        labels: run.iter().map(|run| (RUN_LABEL.to_owned(), (*run).to_owned())).collect(),
        detail: Some(Detail {
            description: (*description).to_owned(),
            rollback_to: rollback_target(description),
        }),
    };
    Stored(revisions.iter().map(revision).collect())
}

impl Stored {
    /// Applies a rule to the list, looking where it asks to; also how often it asked.
    fn ask<T>(&self, rule: impl Fn(&[Revision]) -> Answer<T>) -> (T, usize) {
        let mut seen = self.0.clone();
        seen.iter_mut().for_each(|revision| revision.detail = None);
        seen.reverse();
        for looks in 0.. {
            match rule(&seen) {
                Answer::Known(known) => return (known, looks),
                Answer::Look(number) => {
                    let at = seen.iter().position(|revision| revision.number == number).unwrap();
                    assert_eq!(seen[at].detail, None, "asked twice for {number}");
                    seen[at].detail =
                        self.0.iter().find(|revision| revision.number == number).unwrap().detail.clone();
                }
            }
        }
        unreachable!()
    }

    fn before_run(&self, run: &str) -> Before {
        self.ask(|history| revision_before_run(history, run)).0
    }

    fn last_write(&self) -> LastWrite {
        self.ask(last_write).0
    }
}

use Status::{Deployed, Failed, PendingUpgrade, Superseded, Uninstalled};

#[test]
fn an_upgrade_goes_back_to_the_one_before() {
    let history = stored(&[
        (1, Superseded, None, "Install complete"),
        (2, Superseded, Some("A"), "convoy A: upgrade"),
        (3, Deployed, Some("B"), "convoy B: upgrade"),
    ]);
    assert_eq!(history.before_run("B"), Before::Revision(2));
    assert_eq!(history.before_run("A"), Before::Revision(1));
    assert_eq!(history.before_run("C"), Before::NoSuchRun);
    assert_eq!(history.ask(|history| revision_before_run(history, "B")).1, 2);
}

#[test]
fn the_first_install_goes_back_to_nothing() {
    let history = stored(&[(1, Superseded, Some("A"), "x"), (2, Deployed, Some("A"), "x")]);
    assert_eq!(history.before_run("A"), Before::Nothing);
    assert_eq!(history.ask(|history| revision_before_run(history, "A")).1, 0);
    // ... also after an uninstall that kept the history.
    let history = stored(&[
        (1, Superseded, None, "x"),
        (2, Uninstalled, None, "Uninstallation complete"),
        (3, Deployed, Some("A"), "x"),
    ]);
    assert_eq!(history.before_run("A"), Before::Nothing);
}

/// `1 ok, 2 ok, 3 failed, 4 = rollback to 2`: plain `helm rollback` would deploy 3.
#[test]
fn never_back_to_a_failed_revision() {
    let history = stored(&[
        (1, Superseded, None, "Install complete"),
        (2, Superseded, None, "Upgrade complete"),
        (3, Failed, Some("A"), "Upgrade \"r\" failed: x"),
        (4, Superseded, None, "Rollback to 2"),
        (5, Deployed, Some("B"), "convoy B: upgrade"),
    ]);
    assert_eq!(history.before_run("B"), Before::Revision(4));
    assert_eq!(history.ask(|history| good_before(history, 4)).0, Before::Revision(2));
    assert_eq!(history.before_run("A"), Before::Revision(2));
}

/// A failed rollback marks the failed revision superseded; its description still tells.
#[test]
fn superseded_is_no_proof() {
    for bad in [
        "Upgrade \"r\" failed: x",
        "Release \"r\" failed: x",
        "Rollback \"r\" failed: x",
        "Preparing upgrade",
    ] {
        let history = stored(&[
            (1, Superseded, None, "Install complete"),
            (2, Superseded, None, bad),
            (3, Deployed, Some("A"), "convoy A: upgrade"),
        ]);
        assert_eq!(history.before_run("A"), Before::Revision(1), "{bad}");
    }
    let history = stored(&[(1, Superseded, None, "Release \"r\" failed: x"), (2, Deployed, Some("A"), "x")]);
    assert_eq!(history.before_run("A"), Before::NoGood);
}

#[test]
fn a_failed_or_killed_upgrade_goes_back_to_what_is_deployed() {
    for status in [Failed, PendingUpgrade] {
        let history = stored(&[(7, Deployed, None, "x"), (8, status, Some("A"), "y")]);
        assert_eq!(history.before_run("A"), Before::Revision(7));
    }
}

/// Helm gives a rollback the labels of its target.
#[test]
fn a_rollback_is_not_taken_for_the_run_it_went_back_to() {
    let history = stored(&[
        (1, Superseded, Some("A"), "convoy A: install"),
        (2, Superseded, Some("B"), "convoy B: upgrade"),
        (3, Deployed, Some("A"), "Rollback to 1"),
    ]);
    assert_eq!(history.before_run("A"), Before::Nothing);
    assert_eq!(history.last_write(), LastWrite::Rollback { to: 1 });
    // The original is pruned: what was before it is unknown.
    let history = stored(&[(2, Superseded, Some("B"), "x"), (3, Deployed, Some("A"), "Rollback to 1")]);
    assert_eq!(history.before_run("A"), Before::Pruned);
}

#[test]
fn pruned_is_not_nothing() {
    let history = stored(&[(5, Deployed, Some("A"), "x")]);
    assert_eq!(history.before_run("A"), Before::Pruned);
    let history = stored(&[(4, Failed, None, "Upgrade \"r\" failed: x"), (5, Deployed, Some("A"), "x")]);
    assert_eq!(history.before_run("A"), Before::Pruned);
}

#[test]
fn last_write_names_the_run() {
    assert_eq!(stored(&[]).last_write(), LastWrite::None);
    let history = stored(&[(1, Superseded, Some("A"), "x"), (2, Deployed, Some("B"), "convoy B: upgrade")]);
    assert_eq!(history.last_write(), LastWrite::Run("B".into()));
    for bad in ["Upgrade \"r\" failed: x", "Preparing upgrade"] {
        let history = stored(&[(1, Superseded, Some("A"), "x"), (2, Failed, Some("B"), bad)]);
        assert_eq!(history.last_write(), LastWrite::Run("B".into()), "{bad}");
    }
    let history = stored(&[(1, Superseded, Some("A"), "x"), (2, Deployed, None, "Upgrade complete")]);
    assert_eq!(history.last_write(), LastWrite::ByHand);
}

/// Helm gives an upgrade the labels of the revision before it, unless it is told others.
#[test]
fn an_upgrade_by_hand_is_not_taken_for_the_run_before_it() {
    for by_hand in ["Upgrade complete", "Upgrade \"r\" failed: x", "said by hand"] {
        let history = stored(&[
            (1, Superseded, Some("A"), "convoy A: install"),
            (2, Superseded, Some("B"), "convoy B: upgrade"),
            (3, Deployed, Some("B"), by_hand),
        ]);
        assert_eq!(history.last_write(), LastWrite::ByHand, "{by_hand}");
        assert_eq!(history.before_run("B"), Before::Revision(1));
    }
}

#[test]
fn latest_and_deployed_may_differ() {
    let history = stored(&[(1, Deployed, None, "x"), (2, Failed, None, "y")]).0;
    assert_eq!(latest(&history).unwrap().number, 2);
    assert_eq!(latest_deployed(&history).unwrap().number, 1);
    assert_eq!(latest_deployed(&history[1..]), None);
}

#[test]
fn labels_make_a_revision() {
    let labels = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let revision = Revision::from_labels(
        labels(&[
            ("owner", "helm"),
            ("name", "r"),
            ("version", "12"),
            ("status", "pending-upgrade"),
            ("createdAt", "1700000000"),
            ("modifiedAt", "1700000060"),
            ("convoy.run", "7K"),
            ("team", "video"),
        ]),
        None,
    )
    .unwrap();
    assert_eq!((revision.number, revision.status), (12, PendingUpgrade));
    assert!(revision.status.is_pending());
    assert_eq!(revision.modified.unwrap().as_second(), 1_700_000_060);
    assert_eq!(revision.run(), Some("7K"));
    assert_eq!(revision.labels, labels(&[("convoy.run", "7K"), ("team", "video")]));
    assert_eq!(Revision::from_labels(labels(&[("version", "x"), ("status", "deployed")]), None), None);
}

#[test]
fn status_words_read_back() {
    for word in [
        "deployed",
        "uninstalled",
        "superseded",
        "failed",
        "uninstalling",
        "pending-install",
        "pending-rollback",
    ] {
        assert_eq!(Status::from_word(word).to_string(), word);
    }
    assert_eq!(Status::from_word("new-in-helm-5"), Status::Unknown);
}
