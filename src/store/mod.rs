//! Files that belong to the database's rows but do not fit into it: local disk now, by the object_store crate, so that
//! S3 and R2 are another constructor and not another code path.

use std::{path::Path as FsPath, sync::Arc};

use object_store::{ObjectStore, local::LocalFileSystem};

use crate::error::{Error, Result};

/// The store. Cloning is cheap.
#[derive(Clone)]
pub struct Store {
    pub(crate) objects: Arc<dyn ObjectStore>,
}

impl Store {
    /// Files below `dir`, which is created.
    pub fn local(dir: &FsPath) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let objects = LocalFileSystem::new_with_prefix(dir).map_err(Error::internal)?.with_fsync(true);
        Ok(Self { objects: Arc::new(objects) })
    }
}
