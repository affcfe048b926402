//! Which redirects may take the token along: a standby node naming the active one, nothing else.

use http::HeaderMap;
use http::header::LOCATION;
use url::Url;

/// Where `Location` leads from `from`, if the token may go there: same scheme, and the same host or one of `allowed`
/// (`HOST` or `HOST:PORT`). Otherwise where it would have led, for the error.
pub(super) fn target(from: &Url, headers: &HeaderMap, allowed: &[String]) -> Result<Url, String> {
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let Some(target) = location.and_then(|location| from.join(location).ok()) else {
        return Err("nowhere".to_owned());
    };
    let Some(host) = target.host_str() else {
        return Err(origin(&target));
    };
    let listed = |entry: &String| {
        let with_port = target.port_or_known_default().map(|port| format!("{host}:{port}"));
        entry.eq_ignore_ascii_case(host) || with_port.is_some_and(|text| entry.eq_ignore_ascii_case(&text))
    };
    let trusted = from.host_str() == Some(host) || allowed.iter().any(listed);
    if trusted && target.scheme() == from.scheme() { Ok(target) } else { Err(origin(&target)) }
}

/// Scheme, host and port: all of a foreign URL that an error may show.
pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn go(location: &str) -> Result<String, String> {
        let from = Url::parse("https://vault-1:8200/v1/kv/a").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_str(location).unwrap());
        target(&from, &headers, &["vault-2".to_owned(), "vault-3:8200".to_owned()]).map(String::from)
    }

    #[test]
    fn the_same_host_and_listed_ones_may_have_the_token() {
        for to in
            ["https://vault-1:8201/v1/kv/a", "https://vault-2:9/v1/kv/a", "https://vault-3:8200/v1/kv/a"]
        {
            assert_eq!(go(to).as_deref(), Ok(to));
        }
        assert_eq!(go("/v1/kv/b").as_deref(), Ok("https://vault-1:8200/v1/kv/b"));
    }

    #[test]
    fn others_may_not_and_only_their_origin_is_shown() {
        assert_eq!(go("https://evil/v1/kv/a?x=1").unwrap_err(), "https://evil");
        assert_eq!(go("//evil/v1/kv/a").unwrap_err(), "https://evil");
        assert_eq!(go("http://vault-1:8200/v1/kv/a").unwrap_err(), "http://vault-1:8200");
        assert_eq!(go("https://vault-3/v1/kv/a").unwrap_err(), "https://vault-3");
        assert_eq!(go("https://vault-1@evil/").unwrap_err(), "https://evil");
        assert!(go("data:x").is_err());
    }
}
