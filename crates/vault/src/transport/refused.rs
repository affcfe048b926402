//! Why a request got no answer, told from the chain of causes.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use crate::Error;

/// The error for a request that got no answer from `address`.
pub(crate) fn refused(error: &reqwest::Error, address: String, timeout: Duration) -> Error {
    if let Some(tls) =
        find_cause(error, &|cause| cause.downcast_ref::<rustls::Error>().map(ToString::to_string))
    {
        return Error::Tls { address, reason: tls };
    }
    if error.is_timeout() {
        if error.is_connect() {
            return Error::Unreachable { address, reason: "no connection within 5 s".to_owned() };
        }
        return Error::Timeout { address, after: timeout };
    }
    let reason = find_cause(error, &|cause| cause.downcast_ref::<io::Error>().map(io_reason));
    let reason = match reason {
        _ if error.is_dns() => "the host name does not resolve".to_owned(),
        Some(reason) => reason,
        None if error.is_connect() => "no connection".to_owned(),
        None => "the connection broke before the answer was complete".to_owned(),
    };
    Error::Unreachable { address, reason }
}

fn io_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof => {
            "the server closed the connection".to_owned()
        }
        kind => kind.to_string(),
    }
}

/// The first cause of an error that `pick` knows; an `io::Error` hides what it wraps from `source()`.
pub fn find_cause<T>(
    error: &(dyn StdError + 'static),
    pick: &dyn Fn(&(dyn StdError + 'static)) -> Option<T>,
) -> Option<T> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let wrapped = inner.and_then(|inner| find_cause(inner, pick));
        if let Some(found) = wrapped.or_else(|| pick(error)) {
            return Some(found);
        }
        cause = error.source();
    }
    None
}
