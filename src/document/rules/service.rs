//! The rules for the config of a service.

use super::super::problem::Problems;
use super::super::rule::{ONE_IMAGE, WEB_APP};
use super::super::unknown::join;
use super::exactly_one;
use super::formats::{WHOLE, image_version, in_range};
use crate::types::{ServiceConfig, ServiceType};

pub(super) fn check(config: &ServiceConfig, at: &str, found: &mut Problems) {
    let given = [config.image.is_some(), config.image_details.is_some()];
    let message = "a service has one of `image` and `imageDetails`";
    exactly_one(ONE_IMAGE, &given, at, message, found);
    if let Some(image) = &config.image {
        image_version(image, &join(at, "image"), found);
    }
    let minimum = config.min_instances.as_ref();
    in_range(minimum, 1..=2, WHOLE, &join(at, "minInstances"), found);
    if config.service_type.value() == Some(&ServiceType::Api) {
        let of_web_apps = [
            ("sessionStickiness", config.session_stickiness.is_some()),
            ("scaleToZero", config.scale_to_zero.is_some()),
        ];
        for (key, _) in of_web_apps.iter().filter(|(_, is_given)| *is_given) {
            found.add(
                WEB_APP,
                join(at, key),
                "only a service of type `web-app` has it",
            );
        }
    }
}
