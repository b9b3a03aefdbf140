//! Every call of the API, as data.
//!
//! The clients send these, the emulator routes by them, and the README's table is checked against
//! them. A call of `apps` with a twin in `blocks` is one row: `{family}` in its path is the client
//! that makes it. Every other placeholder has the name of the method's argument.

use crate::method::Method;

/// The clients whose calls are twins, and the segment of the path that tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Blocks,
}

impl Family {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Family::Blocks => "blocks",
        }
    }
}

/// What a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    None,
    /// `application/json`
    Json,
    /// `multipart/form-data`
    Form,
}

/// One call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The method of the client, in capitals: the official client's name for the call.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    /// Placeholders are whole segments: `/v1/{family}/specs/{spec_id}`.
    pub(crate) path: &'static str,
    pub(crate) body: Body,
}

/// A constant for each row, and [`ALL`] of them.
macro_rules! calls {
    ($($name:ident = $method:ident $path:literal $body:ident;)*) => {
        $(pub(crate) const $name: Call = Call {
            name: stringify!($name),
            method: Method::$method,
            path: $path,
            body: Body::$body,
        };)*

        pub(crate) const ALL: &[Call] = &[$($name),*];
    };
}

calls! {
    LIST_SPECS = Get "/v1/{family}/specs/" None;
    CREATE_SPEC = Post "/v1/blocks/specs/" Form;
    DESCRIBE_SPEC = Get "/v1/{family}/specs/{spec_id}" None;
    UPDATE_SPEC_METADATA = Patch "/v1/{family}/specs/{spec_id}" Json;
    DELETE_SPEC = Delete "/v1/{family}/specs/{spec_id}" None;
    CREATE_SPEC_RELEASE = Post "/v1/blocks/specs/{spec_id}/releases" Form;
    LIST_SPEC_RELEASES = Get "/v1/{family}/specs/{spec_id}/releases" None;
    DESCRIBE_SPEC_RELEASE = Get "/v1/{family}/specs/{spec_id}/releases/{version}" None;
    CREATE_DEPLOYMENT = Post "/v1/{family}/deployments/" Json;
    LIST_DEPLOYMENTS = Get "/v1/{family}/deployments/" None;
    DESCRIBE_DEPLOYMENT = Get "/v1/{family}/deployments/{deployment_id}" None;
    UPDATE_DEPLOYMENT_METADATA = Patch "/v1/{family}/deployments/{deployment_id}" Json;
    DELETE_DEPLOYMENT = Delete "/v1/{family}/deployments/{deployment_id}" None;
    CREATE_DEPLOYMENT_REVISION = Post "/v1/{family}/deployments/{deployment_id}/revisions" Json;
    LIST_DEPLOYMENT_REVISIONS = Get "/v1/{family}/deployments/{deployment_id}/revisions" None;
    DESCRIBE_DEPLOYMENT_REVISION =
        Get "/v1/{family}/deployments/{deployment_id}/revisions/{revision}" None;
    REDEPLOY = Post "/v1/{family}/deployments/{deployment_id}/redeploy" Json;
    GET_PARAMETERS = Get "/v1/deployments/{deployment_id}/parameters/run" None;
    PATCH_PARAMETERS = Patch "/v1/deployments/{deployment_id}/parameters/run" Json;
}
