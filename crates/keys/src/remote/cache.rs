//! Tokens and credentials, got once for all files of a process.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::Reason;

/// What is this near its end is renewed.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// Something with the time it ends; without one it is good for as long as the process runs.
#[derive(Debug, Clone)]
pub(super) struct Lease<T> {
    pub value: T,
    pub expires: Option<Timestamp>,
}

impl<T> Lease<T> {
    /// For this many seconds from now.
    pub fn seconds(value: T, seconds: i64) -> Self {
        let expires = Timestamp::now().checked_add(SignedDuration::from_secs(seconds)).ok();
        Self { value, expires }
    }
}

type Slot<V> = Arc<tokio::sync::Mutex<Option<Result<Lease<V>, Reason>>>>;

/// Leases by what they are for. Failures are kept, too: with a thousand files and no credentials the places are looked
/// through once.
#[derive(Debug)]
pub(super) struct Cache<K, V>(Mutex<HashMap<K, Slot<V>>>);

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// The lease for `key`; the first to ask makes it while others wait, each key by itself.
    pub async fn get(
        &self,
        key: K,
        make: impl Future<Output = Result<Lease<V>, Reason>>,
    ) -> Result<V, Reason> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
        let mut slot = slot.lock().await;
        if let Some(known) = slot.as_ref().filter(|known| is_fresh(known)) {
            return known.clone().map(|lease| lease.value);
        }
        let made = make.await;
        slot.insert(made).clone().map(|lease| lease.value)
    }
}

fn is_fresh<V>(known: &Result<Lease<V>, Reason>) -> bool {
    let expires = known.as_ref().ok().and_then(|lease| lease.expires);
    expires.is_none_or(|expires| Timestamp::now().duration_until(expires) > MARGIN)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn made_once_until_it_ends() {
        let cache = Cache::default();
        let made = AtomicUsize::new(0);
        let ask = |key: &'static str, seconds| {
            let made = &made;
            cache.get(key, async move { Ok(Lease::seconds(made.fetch_add(1, Ordering::SeqCst), seconds)) })
        };
        assert_eq!(ask("a", 3600).await, Ok(0));
        assert_eq!(ask("a", 3600).await, Ok(0));
        assert_eq!(ask("b", 30).await, Ok(1));
        assert_eq!(ask("b", 3600).await, Ok(2), "30 s are within the margin");
        let failing = |key| cache.get(key, async { Err(Reason::BadKey("x")) });
        assert_eq!(failing("c").await, Err(Reason::BadKey("x")));
        assert_eq!(ask("c", 3600).await, Err(Reason::BadKey("x")), "a failure is kept");
    }
}
