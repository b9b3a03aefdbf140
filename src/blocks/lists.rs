//! What each list call lists: its query, its item, and the page that the service puts them in.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::pages::Page;
use crate::types::*;

/// The query of a list call.
pub(crate) trait ListQuery: Serialize + Clone {
    /// What is listed.
    type Item;
    /// A page as it is on the wire.
    type Wire: DeserializeOwned + Into<Page<Self::Item>>;

    /// Takes the page's number out: the iterator counts pages itself.
    fn take_page_number(&mut self) -> Option<u64>;
}

/// Each list has its own key, and its total one of these.
macro_rules! lists {
    ($($query:ident => $wire:ident { $list:ident: $item:ident, $($total:ident),+ })*) => {$(
        impl ListQuery for $query {
            type Item = $item;
            type Wire = $wire;

            fn take_page_number(&mut self) -> Option<u64> {
                self.page_number.take()
            }
        }

        impl From<$wire> for Page<$item> {
            fn from(page: $wire) -> Self {
                Page {
                    items: page.$list.unwrap_or_default(),
                    page_number: page.page_number.unwrap_or_default(),
                    page_size: page.page_size,
                    page_count: page.page_count,
                    total: None$(.or(page.$total))+,
                    extra: page.extra,
                }
            }
        }
    )*};
}

lists! {
    ListSpecs => SpecPage { specs: Spec, spec_count, specs_count }
    ListSpecReleases => ReleasePage { releases: Release, release_count }
    ListDeployments => DeploymentPage { deployments: Deployment, deployment_count, deployments_count }
    ListDeploymentRevisions => RevisionPage { revisions: Revision, revision_count }
}
