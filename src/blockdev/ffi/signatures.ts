/**
 * The signature table of libplugpull: functions, structs and constants of native/include/plugpull.h. Both FFIs bind
 * from it, and no other TypeScript file describes the C side. A test compares it with the output of `pp_layout`.
 */

export type CType = 'int32' | 'uint32' | 'int64' | 'uint64' | 'pointer' | 'string';

interface Signature {
  readonly returns: CType;
  readonly takes: readonly CType[];
}

export const SIGNATURES = {
  pp_abi_version: { returns: 'uint32', takes: [] },
  pp_layout: { returns: 'string', takes: [] },
  pp_open: { returns: 'int32', takes: ['string', 'uint32'] },
  pp_lock: { returns: 'int32', takes: ['int32'] },
  pp_close: { returns: 'int32', takes: ['int32'] },
  pp_identify: { returns: 'int32', takes: ['int32', 'pointer'] },
  pp_ring_create: { returns: 'pointer', takes: ['uint32', 'uint32', 'pointer', 'uint32', 'uint64', 'pointer'] },
  pp_ring_kind: { returns: 'int32', takes: ['pointer'] },
  pp_ring_features: { returns: 'int32', takes: ['pointer'] },
  pp_ring_arena: { returns: 'pointer', takes: ['pointer'] },
  pp_ring_step: {
    returns: 'int32',
    takes: ['pointer', 'pointer', 'uint32', 'pointer', 'uint32', 'uint32', 'int64'],
  },
  pp_ring_in_flight: { returns: 'int32', takes: ['pointer', 'uint32'] },
  pp_ring_close: { returns: 'int32', takes: ['pointer'] },
  pp_arena_unmap: { returns: 'int32', takes: ['pointer', 'uint64'] },
  pp_stamp: { returns: 'int32', takes: ['pointer', 'uint64', 'uint64', 'uint64', 'uint64', 'uint64', 'uint64'] },
  pp_scan: { returns: 'int64', takes: ['pointer', 'uint64', 'uint64', 'pointer'] },
  pp_scan_blocks: { returns: 'int64', takes: ['pointer', 'uint64', 'uint64', 'uint64', 'uint64', 'pointer'] },
  pp_compare: { returns: 'int64', takes: ['pointer', 'uint64', 'uint64', 'uint64'] },
  pp_crc32c: { returns: 'uint32', takes: ['pointer', 'uint64', 'uint64', 'uint32'] },
  pp_seal_blocks: { returns: 'int32', takes: ['pointer', 'uint64', 'uint64'] },
  pp_crc32c_hardware: { returns: 'int32', takes: [] },
} as const satisfies Record<string, Signature>;

export type NativeFunctionName = keyof typeof SIGNATURES;

/** The values of the `#define`s of the same name in C. */
export const CONSTANTS = {
  PP_ABI_VERSION: 4,
  PP_OPEN_WRITE: 1,
  PP_OPEN_EXCLUSIVE: 2,
  PP_OPEN_DIRECT: 4,
  PP_OP_READ: 1,
  PP_OP_WRITE: 2,
  PP_OP_WRITE_DURABLE: 3,
  PP_OP_FLUSH: 4,
  PP_OP_DISCARD: 5,
  PP_RING_AUTO: 0,
  PP_RING_IO_URING: 1,
  PP_RING_THREADS: 2,
  PP_DEPTH_MAX: 4096,
  PP_DEVICES_MAX: 16,
  PP_TRANSFER_BYTES_MAX: 2 ** 30,
  PP_FEATURE_FIXED_FILES: 1,
  PP_FEATURE_FIXED_BUFFER: 2,
  PP_FEATURE_DEFER_TASKRUN: 4,
  PP_SECTOR_BYTES: 512,
  PP_SECTOR_MAGIC: 0x31535050,
  PP_KIND_VALID: 0,
  PP_KIND_ZERO: 1,
  PP_KIND_FOREIGN: 2,
  PP_KIND_CORRUPT: 3,
  PP_OBSERVATION_DOUBLES: 6,
  PP_BLOCK_SECTORS: 8,
} as const;

type FieldType = 'u32' | 'u64' | 'i64';

export interface StructLayout<F extends string> {
  readonly sizeBytes: number;
  readonly offsetBytes: Readonly<Record<F, number>>;
}

/** Natural alignment, fields in order, as every Linux C ABI does with these types. */
function struct<F extends string>(fields: readonly (readonly [F, FieldType])[]): StructLayout<F> {
  const offsetBytes = {} as Record<F, number>;
  let at = 0;
  let alignment = 1;
  for (const [name, type] of fields) {
    const size = type === 'u32' ? 4 : 8;
    at = Math.ceil(at / size) * size;
    offsetBytes[name] = at;
    at += size;
    alignment = Math.max(alignment, size);
  }
  return { sizeBytes: Math.ceil(at / alignment) * alignment, offsetBytes };
}

export const STRUCTS = {
  pp_identity: struct([
    ['size_bytes', 'u64'],
    ['disk_sequence', 'u64'],
    ['logical_block_bytes', 'u32'],
    ['physical_block_bytes', 'u32'],
    ['major', 'u32'],
    ['minor', 'u32'],
    ['read_only', 'u32'],
    ['is_block_device', 'u32'],
  ]),
  pp_descriptor: struct([
    ['op', 'u32'],
    ['device', 'u32'],
    ['tag', 'u32'],
    ['reserved', 'u32'],
    ['offset_bytes', 'u64'],
    ['length_bytes', 'u64'],
    ['arena_offset', 'u64'],
  ]),
  pp_completion: struct([
    ['tag', 'u32'],
    ['reserved', 'u32'],
    ['result', 'i64'],
    ['submitted_ns', 'u64'],
    ['completed_ns', 'u64'],
  ]),
  pp_sector_header: struct([
    ['magic', 'u32'],
    ['crc32c', 'u32'],
    ['run_id', 'u64'],
    ['lba', 'u64'],
    ['update_id', 'u64'],
    ['transaction_id', 'u64'],
    ['sector_index', 'u32'],
    ['sector_count', 'u32'],
  ]),
} as const;
