//! What came of several questions together.

use crate::discovery::{Found, IndexerError};

/// Where results go as they come.
pub(super) type Sink<'a> = &'a (dyn Fn(Vec<Found>) + Send + Sync);

/// One answer is enough. Without any, what the operator can do something about comes first.
///
/// # Errors
/// The gravest of all, if nobody answered.
pub(super) fn worst<T>(
    outcomes: impl IntoIterator<Item = Result<T, IndexerError>>,
) -> Result<(), IndexerError> {
    let mut gravest = None;
    for outcome in outcomes {
        match outcome {
            Ok(_) => return Ok(()),
            Err(error) if gravest.as_ref().is_none_or(|other| gravity(&error) > gravity(other)) => {
                gravest = Some(error);
            }
            Err(_) => {}
        }
    }
    gravest.map_or(Ok(()), Err)
}

const fn gravity(error: &IndexerError) -> u8 {
    match error {
        IndexerError::Unsupported => 0,
        IndexerError::Malformed(_) => 1,
        IndexerError::Unavailable(_) => 2,
        IndexerError::RateLimited(_) => 3,
        IndexerError::Credentials(_) => 4,
    }
}
