//! The files that an artifact selects from a folder, and folders that cannot be archived.

use std::fs;
use std::path::PathBuf;

use peak_press::{Artifact, ArtifactError};

use crate::helpers::*;

#[test]
fn refuses_a_path_that_is_not_a_folder() {
    struct Case {
        path: PathBuf,
        message: String,
    }
    let folder = folder(&[("file", b"")]);
    let current = std::env::current_dir().unwrap();
    let cases = [
        Case {
            path: folder.path().join("none"),
            message: "no such folder".into(),
        },
        Case {
            path: "none".into(),
            message: format!(
                "no such folder in the current directory, {} (see relative_to)",
                current.display()
            ),
        },
        Case {
            path: folder.path().join("file"),
            message: "not a folder".into(),
        },
        Case {
            path: "".into(),
            message: "the path is empty; use `.` for the current directory".into(),
        },
    ];
    for case in cases {
        for error in all_errors(&Artifact::dir(&case.path)) {
            assert_eq!(
                error.to_string(),
                format!("artifact {}: {}", case.path.display(), case.message)
            );
            let ArtifactError::NotAFolder { path, .. } = error else {
                panic!("{error:?}");
            };
            assert_eq!(path, case.path);
        }
    }
}

#[test]
fn refuses_an_ignore_file_that_is_not_a_text_file_directly_in_the_folder() {
    let folder = folder(&[("sub/rules", b"a"), ("latin", b"caf\xe9"), ("a", b"")]);
    let absolute = folder.path().join("a");
    for (name, reason) in [
        ("none", "no such file"),
        ("sub", "not a file"),
        ("sub/rules", "directly in"),
        ("../rules", "directly in"),
        ("", "directly in"),
        (".", "directly in"),
        (absolute.to_str().unwrap(), "directly in"),
        ("latin", "not UTF-8"),
    ] {
        let artifact = Artifact::dir(folder.path())
            .ignore_file("a")
            .ignore_file(name);
        for error in all_errors(&artifact) {
            let text = error.to_string();
            assert!(text.contains(name) && text.contains(reason), "{text}");
            let ArtifactError::IgnoreFile { .. } = error else {
                panic!("{error:?}");
            };
        }
    }
}

#[test]
fn accepts_an_ignore_file_with_a_dot_in_front() {
    let folder = folder(&[("rules", b"a"), ("a", b"")]);
    let artifact = Artifact::dir(folder.path()).ignore_file("./rules");
    assert_eq!(paths(&artifact), ["rules"]);
}

#[test]
fn refuses_a_default_ignore_file_that_is_a_folder() {
    let folder = folder(&[("a", b"")]);
    fs::create_dir(folder.path().join(".dockerignore")).unwrap();
    let error = list_error(&Artifact::dir(folder.path()));
    assert!(
        matches!(error, ArtifactError::IgnoreFile { .. }),
        "{error:?}"
    );
}

#[test]
fn the_default_ignore_file_is_optional() {
    let folder = folder(&[("a", b"")]);
    assert_eq!(paths(&Artifact::dir(folder.path())), ["a"]);
}

#[test]
fn relative_to_changes_the_base_of_a_relative_path() {
    let folder = folder(&[("app/a", b"")]);
    let artifact = Artifact::dir("app").relative_to(folder.path());
    assert_eq!(paths(&artifact), ["a"]);
    assert_eq!(artifact.path(), folder.path().join("app"));
    assert_eq!(artifact.clone().relative_to("elsewhere"), artifact);
}

#[cfg(unix)]
mod unix {
    #[cfg(target_os = "linux")]
    use std::ffi::OsStr;
    use std::fs::File;
    #[cfg(target_os = "linux")]
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;
    use std::path::Path;
    use std::process::Command;

    use peak_press::ArtifactFormat;
    use tempfile::TempDir;

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Whether the user who runs the tests is exempt from permissions.
    fn is_superuser(unreadable: &Path) -> bool {
        let readable = File::open(unreadable).is_ok();
        if readable {
            eprintln!("skipped: this user can read every file");
        }
        readable
    }

    #[test]
    fn a_relative_path_works_with_a_default_ignore_file() {
        let folder = folder(&[(".dockerignore", b"b"), ("a", b""), ("b", b"")]);
        let absolute = folder.path().canonicalize().unwrap();
        let current = std::env::current_dir().unwrap().canonicalize().unwrap();
        let mut relative: PathBuf = current.iter().skip(1).map(|_| "..").collect();
        relative.push(absolute.strip_prefix("/").unwrap());
        assert!(relative.is_relative());

        for path in [relative.clone(), relative.join("."), relative.join("")] {
            let artifact = Artifact::dir(path);
            assert_eq!(paths(&artifact), [".dockerignore", "a"]);
            let contents = read_back(&artifact, ArtifactFormat::Zip);
            assert_eq!(contents.names, [".dockerignore", "a"]);
        }
    }

    #[test]
    fn a_link_back_to_a_parent_folder_is_an_error_unless_it_is_ignored() {
        let folder = folder(&[("a/b/c", b"")]);
        symlink("../..", folder.path().join("a/b/up")).unwrap();
        let artifact = Artifact::dir(folder.path());
        assert_unusable(all_errors(&artifact), "a/b/up", "link back");

        assert_eq!(paths(&artifact.clone().follow_links(false)), ["a/b/c"]);
        for rules in ["up", "up/", "/a/b/up", "a/b/u*", "!x\nup"] {
            write(folder.path(), ".dockerignore", rules.as_bytes());
            assert_eq!(paths(&artifact), [".dockerignore", "a/b/c"], "{rules}");
        }
        write(
            folder.path(),
            ".dockerignore",
            b"up\n!up/a/b/c\n!**/up/a/b/c",
        );
        assert_unusable(all_errors(&artifact), "a/b/up", "link back");
    }

    /// A folder with a link in `a/b` back to a parent, and this ignore file.
    fn folder_with_link_back(rules: &str) -> TempDir {
        let folder = folder(&[("a/b/c", b""), ("rules", rules.as_bytes())]);
        symlink("../..", folder.path().join("a/b/up")).unwrap();
        folder
    }

    #[test]
    fn an_ignored_folder_is_not_walked_if_no_later_line_can_match_in_it() {
        for rules in [
            "/*\n!/app/",
            "/*\n!/app/\n!/rules",
            "a/\n!/b/c",
            "a\n!/?b/**/c",
            "/a/b/\n!/a/c",
            "a/b\n!a/[!b]/c",
            "!a\n!*\n/a/**",
            "a\n!/x/y/z\n!/x/**/up",
        ] {
            let folder = folder_with_link_back(rules);
            let artifact = Artifact::dir(folder.path()).ignore_file("rules");
            let kept = paths(&artifact);
            assert!(
                kept.iter().all(|path| path == "rules"),
                "{rules:?}: {kept:?}"
            );
        }
    }

    #[test]
    fn an_ignored_folder_is_walked_if_a_later_line_can_match_in_it() {
        for rules in [
            "a\n!c",
            "a\n!/a/b/up/c",
            "/*\n!/a/b/*/x",
            "a\n!/?/b/up/x",
            "a\n!/**/x",
            "a/b\n!/a/**/x",
            "a/b\n!/a/b/*/x/",
        ] {
            let folder = folder_with_link_back(rules);
            let artifact = Artifact::dir(folder.path()).ignore_file("rules");
            assert_unusable([list_error(&artifact)], "a/b/up", "link back");
        }
    }

    #[test]
    fn a_dangling_link_is_an_error_unless_it_is_ignored() {
        let folder = folder(&[("a", b""), ("rules", b"l")]);
        symlink("none", folder.path().join("l")).unwrap();
        let artifact = Artifact::dir(folder.path());
        assert_unusable(all_errors(&artifact), "l", "leads nowhere");

        assert_eq!(paths(&artifact.clone().follow_links(false)), ["a", "rules"]);
        assert_eq!(paths(&artifact.ignore_file("rules")), ["a", "rules"]);
    }

    #[test]
    fn a_link_to_itself_is_an_error_unless_it_is_ignored() {
        let folder = folder(&[("a", b""), ("rules", b"l")]);
        symlink("l", folder.path().join("l")).unwrap();
        let artifact = Artifact::dir(folder.path());
        assert_unreadable(all_errors(&artifact), "l");
        assert_eq!(paths(&artifact.ignore_file("rules")), ["a", "rules"]);
    }

    #[test]
    fn links_out_of_the_folder_are_followed_or_left_out() {
        let outside = folder(&[("x/y", b"content"), ("z", b"more")]);
        let folder = folder(&[("b", b"")]);
        symlink(outside.path().join("x"), folder.path().join("a")).unwrap();
        symlink(outside.path().join("z"), folder.path().join("c")).unwrap();
        let artifact = Artifact::dir(folder.path());
        for format in FORMATS {
            let contents = read_back(&artifact, format);
            assert_eq!(contents.names, ["a/", "a/y", "b", "c"]);
            assert_eq!(*contents.entry("a/y"), file_entry(0o644, b"content"));
            assert_eq!(*contents.entry("c"), file_entry(0o644, b"more"));

            let without_links = artifact.clone().follow_links(false);
            assert_eq!(read_back(&without_links, format).names, ["b"]);
        }
    }

    #[test]
    fn the_folder_itself_may_be_a_link() {
        let scratch = folder(&[("folder/b", b"")]);
        let link = scratch.path().join("link");
        symlink(scratch.path().join("folder"), &link).unwrap();
        assert_eq!(paths(&Artifact::dir(&link)), ["b"]);
        assert_eq!(paths(&Artifact::dir(&link).follow_links(false)), ["b"]);
    }

    #[test]
    fn links_that_multiply_folders_are_limited() {
        let folder = folder(&[]);
        for step in 0..16 {
            let below = folder.path().join(format!("{step}"));
            fs::create_dir(&below).unwrap();
            symlink(format!("../{}", step + 1), below.join("a")).unwrap();
            symlink(format!("../{}", step + 1), below.join("b")).unwrap();
        }
        fs::create_dir(folder.path().join("16")).unwrap();
        let artifact = Artifact::dir(folder.path());
        let error = list_error(&artifact);
        assert!(error.to_string().contains("through links"), "{error}");
        assert_eq!(paths(&artifact.follow_links(false)), [""; 0]);
    }

    #[test]
    fn an_unreadable_file_is_listed_but_cannot_be_archived() {
        let folder = folder(&[("file", b"")]);
        let path = folder.path().join("file");
        set_mode(&path, 0o000);
        if is_superuser(&path) {
            return;
        }
        let artifact = Artifact::dir(folder.path());
        assert_eq!(paths(&artifact), ["file"]);
        assert_unreadable(archive_errors(&artifact), "file");
    }

    #[test]
    fn an_unreadable_folder_is_an_error_unless_it_is_ignored() {
        let folder = folder(&[("a", b""), ("folder/b", b"")]);
        let path = folder.path().join("folder");
        set_mode(&path, 0o000);
        if is_superuser(&path) {
            return;
        }
        let artifact = Artifact::dir(folder.path());
        assert_unreadable(all_errors(&artifact), "folder");

        for rules in ["folder", "/*\n!/.dockerignore\n!/a/\n!/a"] {
            write(folder.path(), ".dockerignore", rules.as_bytes());
            assert_eq!(paths(&artifact), [".dockerignore", "a"]);
        }
        write(folder.path(), ".dockerignore", b"folder\n!folder/b");
        assert_unreadable(all_errors(&artifact), "folder");
        set_mode(&path, 0o700);
    }

    #[test]
    fn sockets_pipes_and_devices_are_left_out() {
        let folder = folder(&[("a", b"")]);
        let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
        make_pipe(&folder.path().join("pipe"));
        symlink("/dev/zero", folder.path().join("zero")).unwrap();
        let artifact = Artifact::dir(folder.path());
        assert_eq!(paths(&artifact), ["a"]);
        for format in FORMATS {
            assert_eq!(read_back(&artifact, format).names, ["a"]);
        }
        for name in ["pipe", "zero", "socket"] {
            let error = list_error(&artifact.clone().ignore_file(name));
            assert!(error.to_string().contains("not a file"), "{error}");
        }
    }

    fn make_pipe(path: &Path) {
        let status = Command::new("mkfifo").arg(path).status();
        assert!(status.is_ok_and(|status| status.success()), "mkfifo failed");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_not_utf_8_is_an_error_unless_it_is_ignored() {
        let folder = folder(&[("a", b"")]);
        let subfolder = folder.path().join(OsStr::from_bytes(b"caf\xe9"));
        fs::create_dir(&subfolder).unwrap();
        let artifact = Artifact::dir(folder.path());
        assert_eq!(paths(&artifact), ["a"]);

        fs::write(subfolder.join("x"), "").unwrap();
        for error in all_errors(&artifact) {
            let text = error.to_string();
            assert!(
                text.contains("caf\u{fffd}/x: the name is not UTF-8"),
                "{text}"
            );
        }
        for rules in ["caf*", "caf?/x", "x"] {
            write(folder.path(), ".dockerignore", rules.as_bytes());
            assert_eq!(paths(&artifact), [".dockerignore", "a"]);
        }
    }

    /// A path of `depth` folders, each named by a letter repeated 200 times.
    fn long_path(letter: &str, depth: usize) -> String {
        vec![letter.repeat(200); depth].join("/")
    }

    #[test]
    fn long_paths_are_kept() {
        let folder = folder(&[]);
        let path = format!("{}/{}", long_path("a", 9), "f".repeat(255));
        write(folder.path(), &path, b"content");
        let artifact = Artifact::dir(folder.path());
        assert_eq!(paths(&artifact), std::slice::from_ref(&path));
        for format in FORMATS {
            let contents = read_back(&artifact, format);
            assert_eq!(contents.names.len(), 10);
            assert_eq!(*contents.entry(&path), file_entry(0o644, b"content"));
        }
    }

    #[test]
    fn a_path_too_long_for_the_system_is_an_error_unless_it_is_ignored() {
        let folder = folder(&[]);
        write(folder.path(), &format!("{}/f", long_path("a", 9)), b"");
        // No system call accepts the whole path, but moving a folder can create it.
        write(folder.path(), &format!("{}/g", long_path("b", 15)), b"");
        let moved = folder.path().join(long_path("a", 9)).join("moved");
        fs::rename(folder.path().join("b".repeat(200)), moved).unwrap();
        let artifact = Artifact::dir(folder.path());
        for error in all_errors(&artifact) {
            assert!(error.to_string().contains("aaa/moved/bbb"), "{error}");
            let ArtifactError::Unreadable { .. } = error else {
                panic!("{error:?}");
            };
        }

        write(folder.path(), ".dockerignore", b"moved/");
        let kept = format!("{}/f", long_path("a", 9));
        assert_eq!(paths(&artifact), [".dockerignore".to_owned(), kept]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_with_more_content_than_its_size_is_an_error() {
        let folder = folder(&[("a", b"")]);
        symlink("/proc/self/status", folder.path().join("status")).unwrap();
        let artifact = Artifact::dir(folder.path());
        assert_unusable(
            archive_errors(&artifact),
            "status",
            "0 bytes when it was opened",
        );
    }

    #[test]
    fn unusual_names_are_kept() {
        let names = [
            "12:30.log",
            "a:b/c:d",
            "a~b",
            "new\nline",
            "..x",
            "tab\t",
            "x..",
            "...",
            "é~",
            "é:",
        ];
        let folder = folder(&names.map(|name| (name, &b"content"[..])));
        let artifact = Artifact::dir(folder.path());
        for format in FORMATS {
            let contents = read_back(&artifact, format);
            for name in names {
                assert_eq!(contents.entry(name).content, b"content", "{name:?}");
            }
        }
    }

    #[test]
    fn names_that_a_zip_cannot_store_are_errors_in_a_zip_only() {
        struct Case {
            name: &'static str,
            error_start: &'static str,
            reason: &'static str,
        }
        let cases = [
            Case {
                name: "a\\b",
                error_start: "a\\b: ",
                reason: "\\",
            },
            Case {
                name: "x\\y/z",
                error_start: "x\\y/: ",
                reason: "\\",
            },
        ];
        for case in cases {
            let folder = folder(&[(case.name, b"")]);
            let artifact = Artifact::dir(folder.path());
            let text = archive(&artifact).unwrap_err().to_string();
            assert!(text.starts_with(case.error_start), "{text}");
            assert!(text.contains(case.reason), "{text}");

            let tar = read_back(&artifact, ArtifactFormat::TarGz);
            assert!(tar.names.contains(&case.name.to_owned()));
        }
    }

    #[test]
    fn only_the_owners_executable_bit_of_a_mode_is_kept() {
        let folder = folder(&[("a", b""), ("b/c", b""), ("d", b"")]);
        set_mode(&folder.path().join("a"), 0o700);
        set_mode(&folder.path().join("b"), 0o700);
        set_mode(&folder.path().join("b/c"), 0o4777);
        set_mode(&folder.path().join("d"), 0o666);
        let artifact = Artifact::dir(folder.path());

        let files = artifact.files().unwrap();
        let executable: Vec<_> = files.iter().map(|file| file.executable).collect();
        assert_eq!(executable, [true, true, false]);
        for format in FORMATS {
            let contents = read_back(&artifact, format);
            assert_eq!(contents.names, ["a", "b/", "b/c", "d"]);
            assert_eq!(
                contents.modes(),
                [0o100_755, 0o040_755, 0o100_755, 0o100_644]
            );
        }
    }
}
