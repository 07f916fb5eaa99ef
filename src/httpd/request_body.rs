//! The body of a request: read through httpd's input filters, handed out where it lies.
//!
//! The filters are asked for more than is wanted: they give what is there, and neither they nor anybody else has to
//! split a bucket. What nobody has wanted yet stays in its buckets.

use super::{apr, ffi};
use crate::worker::{BodyPart, ClientError};
use std::collections::VecDeque;
use std::ffi::c_char;
use std::io::IoSlice;

/// Most bytes that the filters are asked for at once.
const ASKED_FOR: ffi::apr_off_t = 64 * 1024;

/// Most pieces that are handed out in place; more are copied together.
const SLICES: usize = 64;

/// A request body, read as far as it was wanted.
pub(super) struct RequestBody {
    r: *mut ffi::request_rec,
    brigades: Option<Brigades>,
    /// What was read, in order. Pieces that were handed out in full are empty, and freed by the next read.
    pieces: VecDeque<Piece>,
    /// Bytes in `pieces`.
    there: usize,
    /// What was handed out last.
    slices: Vec<IoSlice<'static>>,
    copied: Vec<u8>,
    ended: bool,
}

/// Made with the first read, in the pool of the request, which frees them and what is in them.
#[derive(Clone, Copy)]
struct Brigades {
    /// Where the filters put what they have read; empty between two reads.
    fresh: *mut ffi::apr_bucket_brigade,
    /// The buckets of the pieces.
    kept: *mut ffi::apr_bucket_brigade,
}

/// A bucket, and what of its data was not handed out yet.
struct Piece {
    bucket: *mut ffi::apr_bucket,
    data: &'static [u8],
}

impl RequestBody {
    /// # Safety
    /// `r` is a live request used by this thread alone while the value lives.
    pub(super) const unsafe fn new(r: *mut ffi::request_rec) -> Self {
        Self {
            r,
            brigades: None,
            pieces: VecDeque::new(),
            there: 0,
            slices: Vec::new(),
            copied: Vec::new(),
            ended: false,
        }
    }

    /// Whether its end was read, or can never be.
    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Hands out the next `want` bytes, or all up to the end of the body. They stay where they are until the next
    /// read.
    pub(super) fn read(&mut self, want: usize) -> Result<BodyPart<'_>, ClientError> {
        self.free_empty();
        while self.there < want && !self.ended {
            self.fetch()?;
        }
        let len = want.min(self.there);
        self.take(len);
        if self.slices.len() > SLICES {
            self.copy_together();
        }
        Ok(BodyPart { slices: &self.slices, len })
    }

    fn free_empty(&mut self) {
        self.slices.clear();
        while let Some(Piece { bucket, data: [] }) = self.pieces.front() {
            // SAFETY: the bucket is in our brigade, and no slice into it is out any more.
            unsafe { ffi::jk_shim_delete(*bucket) };
            self.pieces.pop_front();
        }
    }

    /// Moves the first `len` bytes from the pieces to the slices.
    fn take(&mut self, len: usize) {
        self.there -= len;
        let mut left = len;
        for piece in self.pieces.iter_mut().filter(|piece| !piece.data.is_empty()) {
            if left == 0 {
                break;
            }
            let (now, later) = piece.data.split_at(left.min(piece.data.len()));
            self.slices.push(IoSlice::new(now));
            piece.data = later;
            left -= now.len();
        }
    }

    fn copy_together(&mut self) {
        self.copied.clear();
        for slice in &self.slices {
            self.copied.extend_from_slice(slice);
        }
        self.slices.clear();
        // SAFETY: the slice is handed out under a borrow of `self` only, and `copied` changes with the next read
        // only, which needs `self` anew.
        let all = unsafe { std::slice::from_raw_parts(self.copied.as_ptr(), self.copied.len()) };
        self.slices.push(IoSlice::new(all));
    }

    /// One read through the filters: waits until something is there.
    fn fetch(&mut self) -> Result<(), ClientError> {
        let Brigades { fresh, kept } = self.brigades();
        // SAFETY: the request is live; the filters append to an empty brigade, whose buckets then move to the kept.
        unsafe {
            let status = ffi::ap_get_brigade(
                (*self.r).input_filters,
                fresh,
                ffi::ap_input_mode_t::AP_MODE_READBYTES,
                ffi::apr_read_type_e::APR_BLOCK_READ,
                ASKED_FOR,
            );
            if status != 0 {
                return Err(self.failed(status));
            }
            let result = self.collect(fresh);
            ffi::jk_shim_move(kept, fresh);
            result
        }
    }

    fn brigades(&mut self) -> Brigades {
        // SAFETY: a live request has a pool and a connection with a bucket allocator.
        let make = || unsafe {
            let make = || ffi::apr_brigade_create((*self.r).pool, (*(*self.r).connection).bucket_alloc);
            Brigades { fresh: make(), kept: make() }
        };
        *self.brigades.get_or_insert_with(make)
    }

    /// Notes what data there is in a brigade. Filters use buffers of their own again with the next read (mod_ssl
    /// does), so data is set aside; data on a heap, as httpd reads it from a socket, stays where it is.
    ///
    /// # Safety
    /// `brigade` is a live brigade of this request.
    unsafe fn collect(&mut self, brigade: *mut ffi::apr_bucket_brigade) -> Result<(), ClientError> {
        // SAFETY: by the contract; a bucket's data lives as long as the bucket, and reading may insert further
        // buckets behind it, which the walk then meets.
        unsafe {
            let mut bucket = ffi::jk_shim_first(brigade);
            while !bucket.is_null() {
                if ffi::jk_shim_is_eos(bucket) != 0 {
                    self.ended = true;
                    break;
                }
                let (mut data, mut len): (*const c_char, usize) = (std::ptr::null(), 0);
                if ffi::jk_shim_is_metadata(bucket) == 0
                    && ffi::jk_shim_keep(bucket, (*self.r).pool, &raw mut data, &raw mut len) != 0
                {
                    return Err(ClientError::Read(400));
                }
                // Pieces without data, metadata too, are freed in their turn.
                let data = if len > 0 { std::slice::from_raw_parts(data.cast(), len) } else { &[] };
                self.pieces.push_back(Piece { bucket, data });
                self.there += len;
                bucket = ffi::jk_shim_next(brigade, bucket);
            }
        }
        Ok(())
    }

    /// httpd says with its status whether the client is gone, too slow, or over a limit.
    fn failed(&mut self, status: ffi::apr_status_t) -> ClientError {
        self.ended = true;
        // SAFETY: a pure mapping of numbers.
        let mapped = unsafe { ffi::ap_map_http_request_error(status, apr::int(ffi::HTTP_BAD_REQUEST)) };
        if mapped == ffi::AP_FILTER_ERROR {
            return ClientError::Answered;
        }
        ClientError::Read(u16::try_from(mapped).unwrap_or(400))
    }
}
