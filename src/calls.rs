//! Every call of the API, as data.
//!
//! The clients send these calls, the emulator routes by them, and a test compares them with the
//! clients' methods and the README's tables. Adding a call is one row here and one method.

use crate::method::Method;

/// The client whose method makes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    Blocks,
    Apps,
    Specs,
    Deployments,
}

/// The kind of body that a request has.
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
    pub(crate) client: Client,
    /// The client's method, in capitals.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    /// A placeholder is a whole segment with the name of the method's argument:
    /// `/v1/blocks/specs/{spec_id}`.
    pub(crate) path: &'static str,
    pub(crate) body: Body,
}

/// The calls of every client, in the order in which the clients list them.
#[cfg(any(test, feature = "emulator"))]
pub(crate) fn all() -> impl Iterator<Item = &'static Call> {
    [blocks::ALL, apps::ALL, specs::ALL, deployments::ALL]
        .into_iter()
        .flatten()
}

/// Defines a constant for each row, whose path starts with that of its group, and `ALL`, the list of
/// them.
macro_rules! calls {
    ($client:ident: $($base:literal {
        $($name:ident = $method:ident $path:literal $body:ident;)*
    })*) => {
        use super::{Body, Call, Client, Method};

        $($(pub(crate) const $name: Call = Call {
            client: Client::$client,
            name: stringify!($name),
            method: Method::$method,
            path: concat!($base, $path),
            body: Body::$body,
        };)*)*

        #[cfg(any(test, feature = "emulator"))]
        pub(crate) const ALL: &[Call] = &[$($($name),*),*];
    };
}

/// Calls that blocks and apps have in common, for the methods that combine several of them.
#[derive(Debug)]
pub(crate) struct Twins {
    pub(crate) list_specs: Call,
    pub(crate) create_spec: Call,
    pub(crate) describe_spec: Call,
    pub(crate) update_spec_metadata: Call,
    pub(crate) create_spec_release: Call,
    pub(crate) describe_spec_release: Call,
    pub(crate) create_deployment: Call,
    pub(crate) list_deployments: Call,
    pub(crate) describe_deployment: Call,
    pub(crate) create_deployment_revision: Call,
}

/// Defines the calls that blocks and apps have in common, followed by those of one client only. The
/// common ones differ in the first segments of the path and in how a spec is sent.
macro_rules! twins {
    ($client:ident: $base:literal, specs as $spec:ident; $($own:tt)*) => {
        pub(crate) static TWINS: super::Twins = super::Twins {
            list_specs: LIST_SPECS,
            create_spec: CREATE_SPEC,
            describe_spec: DESCRIBE_SPEC,
            update_spec_metadata: UPDATE_SPEC_METADATA,
            create_spec_release: CREATE_SPEC_RELEASE,
            describe_spec_release: DESCRIBE_SPEC_RELEASE,
            create_deployment: CREATE_DEPLOYMENT,
            list_deployments: LIST_DEPLOYMENTS,
            describe_deployment: DESCRIBE_DEPLOYMENT,
            create_deployment_revision: CREATE_DEPLOYMENT_REVISION,
        };

        calls! { $client: $base {
            LIST_SPECS = Get "/specs/" None;
            CREATE_SPEC = Post "/specs/" $spec;
            DESCRIBE_SPEC = Get "/specs/{spec_id}" None;
            UPDATE_SPEC_METADATA = Patch "/specs/{spec_id}" Json;
            DELETE_SPEC = Delete "/specs/{spec_id}" None;
            CREATE_SPEC_RELEASE = Post "/specs/{spec_id}/releases" $spec;
            LIST_SPEC_RELEASES = Get "/specs/{spec_id}/releases" None;
            DESCRIBE_SPEC_RELEASE = Get "/specs/{spec_id}/releases/{version}" None;
            CREATE_DEPLOYMENT = Post "/deployments/" Json;
            LIST_DEPLOYMENTS = Get "/deployments/" None;
            DESCRIBE_DEPLOYMENT = Get "/deployments/{deployment_id}" None;
            UPDATE_DEPLOYMENT_METADATA = Patch "/deployments/{deployment_id}" Json;
            DELETE_DEPLOYMENT = Delete "/deployments/{deployment_id}" None;
            CREATE_DEPLOYMENT_REVISION = Post "/deployments/{deployment_id}/revisions" Json;
            LIST_DEPLOYMENT_REVISIONS = Get "/deployments/{deployment_id}/revisions" None;
            DESCRIBE_DEPLOYMENT_REVISION =
                Get "/deployments/{deployment_id}/revisions/{revision}" None;
            REDEPLOY = Post "/deployments/{deployment_id}/redeploy" Json;
        } $($own)* }
    };
}

pub(crate) mod blocks {
    twins! { Blocks: "/v1/blocks", specs as Form;
        "/v1/deployments" {
            GET_PARAMETERS = Get "/{deployment_id}/parameters/run" None;
            PATCH_PARAMETERS = Patch "/{deployment_id}/parameters/run" Json;
        }
    }
}

pub(crate) mod apps {
    twins! { Apps: "/v1/apps", specs as Json; }
}

pub(crate) mod specs {
    calls! { Specs:
        "/v1/specs" {
            LIST_SPECS = Get "/" None;
            LIST_SPEC_RELEASE_DEPLOYMENTS = Get "/{spec_id}/releases/deployments" None;
        }
    }
}

pub(crate) mod deployments {
    calls! { Deployments:
        "/v1/deployments" {
            LIST_DEPLOYMENTS = Get "/" None;
            EXECUTE_RESOURCES = Post "/{deployment_id}/execute" Json;
            PATCH_PARAMETERS = Patch "/{deployment_id}/parameters/run" Json;
        }
        "/v2/deployments" {
            PATCH_PARAMETERS_V2 = Patch "/{deployment_id}/parameters/run" Json;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn read(path: &str) -> String {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
    }

    /// The source code of a client's module: its file and the files in its folder.
    fn source(client: &str) -> String {
        let folder = format!("src/{client}");
        let mut source = read(&format!("{folder}.rs"));
        if let Ok(entries) = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(&folder)) {
            for entry in entries {
                let name = entry.unwrap().file_name();
                source += &read(&format!("{folder}/{}", name.display()));
            }
        }
        source
    }

    /// The emulator's own test asserts that each has a route.
    #[test]
    fn every_call_has_a_method_and_a_row_in_the_readme() {
        let (readme, python) = (read("README.md"), read("src/from_python.md"));
        for call in all() {
            let (client, variable) = match call.client {
                Client::Blocks => ("blocks", "client"),
                Client::Apps => ("apps", "apps"),
                Client::Specs => ("specs", "specs"),
                Client::Deployments => ("deployments", "deployments"),
            };
            let name = call.name.to_ascii_lowercase();
            let source = source(client);
            assert!(source.contains(&format!("pub fn {name}(")), "{call:?}");
            let found_by_path = format!("#[doc(alias = {:?})]\n    pub fn {name}(", call.path);
            assert!(source.contains(&found_by_path), "{call:?}: {found_by_path}");
            assert!(source.contains(call.name), "{call:?} is not sent");
            assert!(readme.contains(&format!("`{variable}.{name}(")), "{call:?}");
            assert!(
                python.contains(&format!("{client}::Client::{name}")),
                "{call:?}"
            );
        }
    }

    #[test]
    fn placeholders_are_whole_segments() {
        for call in all() {
            for segment in call.path.split('/').filter(|s| s.contains(['{', '}'])) {
                assert!(
                    segment.starts_with('{') && segment.ends_with('}'),
                    "{call:?}"
                );
            }
        }
    }
}
