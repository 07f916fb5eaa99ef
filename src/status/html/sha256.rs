//! SHA-256 (FIPS 180-4), computed by the compiler: the policy names style and script by it.

/// The digest of `message`.
#[allow(clippy::indexing_slicing)] // every index is reduced to its array's length; `get` is not const
pub(super) const fn sha256(message: &[u8]) -> [u8; 32] {
    let mut state = START;
    let blocks = (message.len() + 9).div_ceil(64);
    let mut block = 0;
    while block < blocks {
        state = mix(state, schedule(message, block, block + 1 == blocks));
        block += 1;
    }
    let mut digest = [0; 32];
    let mut at = 0;
    while at < 32 {
        digest[at] = state[at / 4].to_be_bytes()[at % 4];
        at += 1;
    }
    digest
}

/// Byte `at` of the message with its padding: one bit, zeroes, and its length in the last block.
#[allow(clippy::indexing_slicing)]
const fn padded(message: &[u8], at: usize) -> u8 {
    if at < message.len() {
        message[at]
    } else if at == message.len() {
        0x80
    } else {
        0
    }
}

/// The words of one block.
#[allow(clippy::indexing_slicing)]
const fn schedule(message: &[u8], block: usize, is_last: bool) -> [u32; 64] {
    let mut words = [0; 64];
    let mut at = 0;
    while at < 16 {
        let byte = block * 64 + at * 4;
        words[at] = u32::from_be_bytes([
            padded(message, byte),
            padded(message, byte + 1),
            padded(message, byte + 2),
            padded(message, byte + 3),
        ]);
        at += 1;
    }
    if is_last {
        let bits = (message.len() as u64 * 8).to_be_bytes();
        words[14] = u32::from_be_bytes([bits[0], bits[1], bits[2], bits[3]]);
        words[15] = u32::from_be_bytes([bits[4], bits[5], bits[6], bits[7]]);
    }
    while at < 64 {
        let (a, b) = (words[at - 15], words[at - 2]);
        let low = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
        let high = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
        words[at] = words[at - 16].wrapping_add(low).wrapping_add(words[at - 7]).wrapping_add(high);
        at += 1;
    }
    words
}

#[allow(clippy::indexing_slicing)]
const fn mix(state: [u32; 8], words: [u32; 64]) -> [u32; 8] {
    let mut s = state;
    let mut at = 0;
    while at < 64 {
        let high = s[4].rotate_right(6) ^ s[4].rotate_right(11) ^ s[4].rotate_right(25);
        let choice = (s[4] & s[5]) ^ (!s[4] & s[6]);
        let one =
            s[7].wrapping_add(high).wrapping_add(choice).wrapping_add(ROUND[at]).wrapping_add(words[at]);
        let low = s[0].rotate_right(2) ^ s[0].rotate_right(13) ^ s[0].rotate_right(22);
        let majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        let two = low.wrapping_add(majority);
        s = [one.wrapping_add(two), s[0], s[1], s[2], s[3].wrapping_add(one), s[4], s[5], s[6]];
        at += 1;
    }
    let mut sum = state;
    let mut at = 0;
    while at < 8 {
        sum[at] = state[at].wrapping_add(s[at]);
        at += 1;
    }
    sum
}

const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

#[rustfmt::skip]
const ROUND: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(message: &[u8]) -> String {
        sha256(message).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn digests_are_those_of_the_standard() {
        for (message, digest) in [
            (&b""[..], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
            (&[b'a'; 1_000], "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"),
        ] {
            assert_eq!(hex(message), digest);
        }
    }
}
