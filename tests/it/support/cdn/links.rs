//! The CDN as the fakes of the services know it.

use std::sync::Arc;

use super::{Cdn, Gone, LinkPolicy};
use crate::support::debrid::{LinkLife, LinkOrder, Links};

struct Grouped {
    cdn: Cdn,
    group: String,
}

impl Cdn {
    /// What a [`crate::support::debrid::World`] hands out its links by. The group is what
    /// [`super::Scope::Group`] breaks them by: worlds of their own keep services apart.
    pub(crate) fn links(&self, group: &str) -> Arc<dyn Links> {
        Arc::new(Grouped { cdn: self.clone(), group: group.to_owned() })
    }
}

impl Links for Grouped {
    fn link(&self, order: LinkOrder) -> String {
        let mut policy = LinkPolicy { group: self.group.clone(), ..LinkPolicy::default() };
        if let Some(end) = order.end {
            match end.life {
                LinkLife::Requests(requests) => policy.requests = Some(requests),
                LinkLife::For(lifetime) => policy.lifetime = Some(lifetime),
            }
            policy.afterwards = Gone { status: end.status, x_error: end.x_error.map(str::to_owned) };
        }
        self.cdn.link_to(&order.content, &order.name, policy)
    }
}
