//! What a profile means for a play.

use secrecy::SecretString;

use crate::profile::Profile;
use crate::source::Terms;
use crate::source::debrid::ServiceTokens;

/// By whose rules and with whose accounts the contents of a profile are prepared. Several accounts of one service
/// stand together in the place of the first.
pub fn terms(profile: &Profile) -> Terms {
    let mut services: Vec<ServiceTokens> = Vec::new();
    for account in &profile.services {
        let token: SecretString = account.token.to_secret_string();
        match services.iter_mut().find(|one| one.service == account.service) {
            Some(one) => one.tokens.push(token),
            None => services.push(ServiceTokens { service: account.service, tokens: vec![token] }),
        }
    }
    Terms { services: (!services.is_empty()).then(|| services.into()), policy: profile.policy }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SourcePolicy;
    use crate::domain::DebridService::{RealDebrid, TorBox};
    use crate::profile::ServiceAccount;

    #[test]
    fn accounts_keep_their_order_and_those_of_one_service_stand_together() {
        let account =
            |(service, token): (_, &str)| ServiceAccount { service, token: token.to_owned().into() };
        let services = [(TorBox, "a"), (RealDebrid, "b"), (TorBox, "c")].map(account).to_vec();
        let terms = terms(&Profile { services, policy: Some(SourcePolicy::Race), ..Profile::default() });
        let tokens = |service, tokens: &[&str]| ServiceTokens {
            service,
            tokens: tokens.iter().map(|token| (*token).to_owned().into()).collect(),
        };
        let services = terms.services.unwrap();
        assert_eq!(&*services, [tokens(TorBox, &["a", "c"]), tokens(RealDebrid, &["b"])]);
        assert_eq!(terms.policy, Some(SourcePolicy::Race));
    }

    #[test]
    fn a_profile_without_accounts_uses_those_of_the_operator() {
        assert_eq!(terms(&Profile::default()), Terms::default());
    }
}
