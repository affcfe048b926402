//! The readers of YAML and JSON, and what is built on their spans.

use yamldoc::{Edits, Kind, NodeId, Profile, Stream, Style, Syntax, double_quoted, json_quoted};

/// Spans lie within the text, parents come before children, typing answers.
pub fn parse(bytes: &[u8], syntax: Syntax) {
    let Ok(text) = yamldoc::text(bytes) else { return };
    let Ok(stream) = Stream::parse_as(text, syntax) else { return };
    let _ = stream.check_keys();
    for (index, node) in stream.nodes.iter().enumerate() {
        assert!(text.get(node.span.start..node.span.end).is_some(), "node {index}: {:?}", node.span);
        let children: Vec<NodeId> = match &node.kind {
            Kind::Sequence { items, .. } => items.clone(),
            Kind::Mapping { entries, .. } => entries.iter().flat_map(|&(key, value)| [key, value]).collect(),
            _ => Vec::new(),
        };
        for child in children {
            assert!(child.index() > index, "child {} of {index}", child.index());
            let _ = stream.place(child);
            let _ = stream.key(child);
            for profile in [Profile::Sops, Profile::Helm] {
                let _ = stream.value(child, profile);
            }
        }
    }
    let mut last = 0;
    for comment in &stream.comments {
        assert!(stream.source(comment.span).starts_with('#') && comment.span.start >= last);
        last = comment.span.end;
    }
}

/// Replacing scalars changes these scalars and nothing else.
pub fn splice(bytes: &[u8], syntax: Syntax) {
    const NEW: &str = "new: \"value\" # \n";
    let quoted = match syntax {
        Syntax::Yaml => double_quoted(NEW),
        Syntax::Json => json_quoted(NEW),
    };
    let Ok(text) = yamldoc::text(bytes) else { return };
    let Ok(stream) = Stream::parse_as(text, syntax) else { return };
    let mut edits = Edits::default();
    let mut replaced = Vec::new();
    for node in &stream.nodes {
        let values: Vec<NodeId> = match &node.kind {
            Kind::Sequence { items, .. } => items.clone(),
            Kind::Mapping { entries, .. } => entries.iter().map(|&(_, value)| value).collect(),
            _ => continue,
        };
        for id in values {
            let value = stream.node(id);
            let inline = matches!(
                &value.kind,
                Kind::Scalar { style: Style::Plain | Style::Single | Style::Double, .. }
            );
            if inline && value.span.start < value.span.end {
                edits.replace(value.span, quoted.as_str());
                replaced.push(id.index());
            }
        }
    }
    let after = edits.apply(text).expect("scalars do not overlap");
    let again = match Stream::parse_as(&after, syntax) {
        Ok(again) => again,
        // After quotes the parser refuses a tab before a bracket that it takes after plain text.
        Err(_) if text.contains('\t') => return,
        Err(error) => panic!("{error} in {after:?}"),
    };
    assert_eq!(again.nodes.len(), stream.nodes.len(), "{after:?}");
    for (index, (before, after)) in stream.nodes.iter().zip(&again.nodes).enumerate() {
        if let (Kind::Scalar { value: before, .. }, Kind::Scalar { value: after, .. }) =
            (&before.kind, &after.kind)
        {
            let expected = if replaced.contains(&index) { NEW } else { before };
            assert_eq!(after, expected, "node {index}");
        }
    }
}
