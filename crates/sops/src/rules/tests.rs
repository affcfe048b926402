use super::*;

fn rules(text: &str) -> Rules {
    Rules::parse(text).unwrap()
}

fn problem(text: &str) -> String {
    Rules::parse(text).unwrap_err().to_string()
}

fn names(group: &[MasterKey]) -> Vec<String> {
    group.iter().map(MasterKey::to_string).collect()
}

fn age(text: &str) -> Vec<Vec<String>> {
    let rules = rules(text);
    rules.rule_for("x.yaml").unwrap().groups.iter().map(|group| names(group)).collect()
}

#[test]
fn the_first_match_wins() {
    let rules = rules(concat!(
        "creation_rules:\n  - path_regex: ^sub/\n    age: r2\n    encrypted_regex: ^b$\n",
        "  - path_regex: x\\.yaml$\n    age: [r1, r2]\n    mac_only_encrypted: true\n",
        "  - path_regex: /other/\n    age: \"r1 , r2,\"\n    unencrypted_suffix: _pub\n",
    ));
    let rule = rules.rule_for("sub/x.yaml").unwrap();
    assert_eq!(names(&rule.groups[0]), ["r2"]);
    assert_eq!(rule.selector, Some(Selector::EncryptedRegex("^b$".into())));
    let rule = rules.rule_for("x.yaml").unwrap();
    assert!(rule.mac_only_encrypted);
    assert_eq!(rule.selector, None);
    let rule = rules.rule_for("/home/other/o.yaml").unwrap();
    assert_eq!(names(&rule.groups[0]), ["r1", "r2"]);
    assert_eq!(rules.rule_for("e.env").unwrap_err(), RulesError::NoMatch { path: "e.env".into() });
}

#[test]
fn recipients_in_every_spelling() {
    for text in [
        "k: &k [r1, r2]\ncreation_rules:\n  - age: *k\n",
        "creation_rules:\n  - age: \"r1,r2,r1\"\n",
        "creation_rules:\n  - age: >-\n      r1,\n      r2\n",
        "creation_rules:\n  - key_groups:\n      - merge:\n          - age: [r1]\n        age: [r2, r1]\n",
        "d: &d {age: 'r1,r2'}\ncreation_rules:\n  - <<: *d\n    path_regex: x\n",
        "foo: 1\ncreation_rules:\n  - age: [r1, r2]\n    bar: 2\n",
    ] {
        assert_eq!(age(text), [["r1", "r2"]], "{text}");
    }
    assert_eq!(age("creation_rules:\n  - age: r1\n    key_groups:\n      - age: [r2]\n"), [["r2"]]);
}

#[test]
fn groups_need_a_threshold_they_can_meet() {
    let groups = |head: &str| {
        format!("creation_rules:\n  - {head}key_groups:\n      - age: [r1]\n      - age: [r2]\n")
    };
    assert_eq!(rules(&groups("")).rule_for("x").unwrap().shamir_threshold, Some(2));
    for threshold in [1, 3] {
        let text = groups(&format!("shamir_threshold: {threshold}\n    "));
        assert!(problem(&text).contains("between 2 and the number of key groups, 2"), "{threshold}");
    }
    assert_eq!(
        rules("creation_rules: [{shamir_threshold: 3, age: r}]").rule_for("x").unwrap().shamir_threshold,
        Some(3)
    );
}

#[test]
fn rules_that_give_nothing() {
    for text in ["", "creation_rules:\n", "stores: {}\n", "# only a comment\n"] {
        assert_eq!(rules(text).rule_for("x").unwrap_err(), RulesError::NoRules, "{text:?}");
    }
    assert!(matches!(rules("creation_rules: []\n").rule_for("x"), Err(RulesError::NoMatch { .. })));
    for text in [
        "creation_rules:\n  - path_regex: x\n",
        "creation_rules:\n  - key_groups: []\n",
        "creation_rules:\n  - key_groups:\n      - {}\n",
    ] {
        assert!(matches!(rules(text).rule_for("x"), Err(RulesError::NoRecipients { .. })), "{text}");
    }
}

#[test]
fn mistakes_are_never_silent() {
    for (text, expected) in [
        (
            "creation_rules:\n  - path_regex: \"(\"\n    age: r\n",
            "line 2, column 17: path_regex: invalid regular",
        ),
        (
            "creation_rules:\n  - age: r\n    encrypted_regex: '(?=x)'\n",
            "line 3, column 22: encrypted_regex: invalid",
        ),
        (
            "creation_rules:\n  - age: r\n    encrypted_regex: a\n    unencrypted_regex: b\n",
            "unencrypted_regex and encrypted_regex exclude each other",
        ),
        ("creation_rules:\n  - age: 5\n", "line 2, column 10: age must be a string or a list of strings"),
        (
            "creation_rules:\n  - age: r\n    mac_only_encrypted: maybe\n",
            "mac_only_encrypted must be true or false",
        ),
        ("creation_rules: [", "line 1"),
        ("creation_rules: x", "creation_rules must be a list"),
        ("creation_rules: [x]", "a creation rule must be a map"),
        ("stores: {yaml: {indent: -1}}", "stores.yaml.indent must be a number"),
    ] {
        let problem = problem(text);
        assert!(problem.contains(expected), "{text:?}: {problem}");
    }
}

#[test]
fn every_key_type_in_both_spellings() {
    let kinds = |text: &str| {
        let rules = rules(text);
        let keys = rules.rule_for("x").unwrap().groups.concat();
        keys.iter().map(|key| format!("{} {key}", key.kind().name())).collect::<Vec<_>>()
    };
    let expected = [
        "age r",
        "pgp AB",
        "pgp C",
        "kms arn:aws:kms:e:1:key/k+arn:aws:iam::1:role/r||p",
        "gcp_kms projects/p",
        "hckms e:1",
        "azure_kv https://v/keys/k/1",
        "hc_vault http://v/v1/t/keys/k",
    ];
    let flat = "creation_rules:\n  - {hc_vault_transit_uri: 'http://v/v1/t/keys/k', age: r, pgp: 'A B,C', hckms: ['e:1'],\n     \
        gcp_kms: projects/p, azure_keyvault: 'https://v/keys/k/1', aws_profile: p, kms: 'arn:aws:kms:e:1:key/k+arn:aws:iam::1:role/r'}\n";
    assert_eq!(kinds(flat), expected);
    let group = "creation_rules: [{key_groups: [{hc_vault: ['http://v/v1/t/keys/k'], age: [r], pgp: [A B, C], \
        hckms: [{key_id: 'e:1'}], gcp_kms: [{resource_id: projects/p}], \
        azure_keyvault: [{vaultUrl: 'https://v', key: k, version: '1'}], \
        kms: [{arn: 'arn:aws:kms:e:1:key/k', role: 'arn:aws:iam::1:role/r', aws_profile: p}]}]}]";
    assert_eq!(kinds(group), expected);
    let context = rules("creation_rules: [{key_groups: [{kms: [{arn: a, context: {b: c}}]}]}]");
    assert_eq!(context.rule_for("x").unwrap().groups[0][0].to_string(), "a|b:c");
}

#[test]
fn keys_that_are_none() {
    for (text, expected) in [
        ("azure_keyvault: 'https://v/k'", "is no key of Azure Key Vault"),
        ("hc_vault_transit_uri: 'https://v/transit/k'", "is no Transit key"),
        ("key_groups: [{kms: [{role: r}]}]", "kms needs arn"),
        ("key_groups: [{kms: [{arn: a, context: x}]}]", "context must be a map"),
    ] {
        let problem = problem(&format!("creation_rules: [{{{text}}}]"));
        assert!(problem.contains(expected), "{text}: {problem}");
    }
}

#[test]
fn indent_of_the_stores() {
    let indent = |text: &str| rules(text).indent;
    assert_eq!(indent("stores: {yaml: {indent: 2}}").yaml, Some(2));
    assert_eq!(indent("stores: {yaml: {indent: 0}}").yaml, None);
    assert_eq!(
        indent("stores: {json: {indent: 2}, json_binary: {indent: 0}}"),
        Indent { json: Some(2), json_binary: Some(0), yaml: None }
    );
    assert_eq!(indent("stores: {json: {indent: -1}}"), Indent::default());
}

#[test]
fn words_are_read_as_sops_reads_them() {
    let azure = "creation_rules:\n  - key_groups:\n      - azure_keyvault: [{vaultUrl: https://v, key: 7, version: 0123}]\n";
    assert_eq!(age(azure), [["https://v/keys/7/0123"]]);
    let kms =
        "creation_rules:\n  - key_groups:\n      - kms: [{arn: 'arn:aws:kms:r:1:key/k', context: {a: 1}}]\n";
    assert_eq!(age(kms), [["arn:aws:kms:r:1:key/k|a:1"]]);
    for (word, flag) in [("true", true), ("yes", true), ("on", true), ("no", false), ("~", false)] {
        let rules =
            rules(&format!("creation_rules:\n  - {{age: r1, path_regex: 12, mac_only_encrypted: {word}}}\n"));
        assert_eq!(rules.rule_for("x12.yaml").unwrap().mac_only_encrypted, flag, "{word}");
        assert!(rules.find("x.yaml").is_err());
    }
    assert!(problem("creation_rules:\n  - {age: r1, mac_only_encrypted: True1}\n").contains("true or false"));
    assert!(
        problem("creation_rules:\n  - {age: r1, path_regex: [x]}\n").contains("path_regex must be a string")
    );
}
