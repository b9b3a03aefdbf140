//! The page that each item comes in.

use crate::page::{Listed, Page};
use crate::types::*;

/// Each page has a key of its own for its items, and one of these for its total.
macro_rules! pages {
    ($($page:ident { $list:ident: $item:ident, $($total:ident),+ })*) => {$(
        impl Listed for $item {
            type Page = $page;
        }

        impl From<$page> for Page<$item> {
            fn from(page: $page) -> Self {
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

pages! {
    SpecPage { specs: Spec, spec_count, specs_count }
    ReleasePage { releases: Release, release_count }
    DeploymentPage { deployments: Deployment, deployment_count, deployments_count }
    RevisionPage { revisions: Revision, revision_count }
}
