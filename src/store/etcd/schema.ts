import { type ProtoDescriptor, protoDescriptor } from "../../base/proto-descriptor.ts";

/** The part of etcd's v3 protocol (etcdserverpb/rpc.proto, mvccpb/kv.proto) that is used here; the same in 3.4, 3.5 and 3.6. */
const MESSAGES = `
ResponseHeader: 1 cluster_id uint64, 2 member_id uint64, 3 revision int64, 4 raft_term uint64
KeyValue: 1 key bytes, 2 create_revision int64, 3 mod_revision int64, 4 version int64, 5 value bytes, 6 lease int64
Event: 1 type EventType, 2 kv KeyValue, 3 prev_kv KeyValue
RangeRequest: 1 key bytes, 2 range_end bytes, 3 limit int64, 4 revision int64, 7 serializable bool, 8 keys_only bool, 9 count_only bool
RangeResponse: 1 header ResponseHeader, 2 kvs []KeyValue, 3 more bool, 4 count int64
PutRequest: 1 key bytes, 2 value bytes, 3 lease int64
PutResponse: 1 header ResponseHeader
DeleteRangeRequest: 1 key bytes, 2 range_end bytes
DeleteRangeResponse: 1 header ResponseHeader, 2 deleted int64
RequestOp: 1 request_range RangeRequest, 2 request_put PutRequest, 3 request_delete_range DeleteRangeRequest
ResponseOp: 1 response_range RangeResponse, 2 response_put PutResponse, 3 response_delete_range DeleteRangeResponse
Compare: 1 result CompareResult, 2 target CompareTarget, 3 key bytes, 4 version int64, 5 create_revision int64, 6 mod_revision int64
TxnRequest: 1 compare []Compare, 2 success []RequestOp, 3 failure []RequestOp
TxnResponse: 1 header ResponseHeader, 2 succeeded bool, 3 responses []ResponseOp
CompactionRequest: 1 revision int64, 2 physical bool
CompactionResponse: 1 header ResponseHeader
WatchCreateRequest: 1 key bytes, 2 range_end bytes, 3 start_revision int64, 4 progress_notify bool, 6 prev_kv bool, 8 fragment bool
WatchProgressRequest:
WatchRequest: 1 create_request WatchCreateRequest, 3 progress_request WatchProgressRequest
WatchResponse: 1 header ResponseHeader, 2 watch_id int64, 3 created bool, 4 canceled bool, 5 compact_revision int64, 6 cancel_reason string, 7 fragment bool, 11 events []Event
LeaseGrantRequest: 1 TTL int64, 2 ID int64
LeaseGrantResponse: 1 header ResponseHeader, 2 ID int64, 3 TTL int64, 4 error string
StatusRequest:
StatusResponse: 1 header ResponseHeader, 2 version string, 3 dbSize int64, 4 leader uint64, 8 errors []string
SnapshotRequest:
SnapshotResponse: 1 header ResponseHeader, 2 remaining_bytes uint64, 3 blob bytes
MemberListRequest:
Member: 1 ID uint64, 2 name string, 3 peerURLs []string, 4 clientURLs []string, 5 isLearner bool
MemberListResponse: 1 header ResponseHeader, 2 members []Member
`;

const ENUMS = `
EventType: PUT DELETE
CompareResult: EQUAL GREATER LESS NOT_EQUAL
CompareTarget: VERSION CREATE MOD VALUE LEASE
`;

/** Every method by the service that has it, in the protocol's package. */
const SERVICES = {
  KV: `
Range RangeRequest RangeResponse
Txn TxnRequest TxnResponse
DeleteRange DeleteRangeRequest DeleteRangeResponse
Compact CompactionRequest CompactionResponse
`,
  Watch: `
Watch stream:WatchRequest stream:WatchResponse
`,
  Lease: `
LeaseGrant LeaseGrantRequest LeaseGrantResponse
`,
  Maintenance: `
Status StatusRequest StatusResponse
Snapshot SnapshotRequest stream:SnapshotResponse
`,
  Cluster: `
MemberList MemberListRequest MemberListResponse
`,
};

export const ETCD_PACKAGE = "etcdserverpb";

/** The protocol as a JSON descriptor for protobufjs. */
export function etcdDescriptor(): ProtoDescriptor {
  return protoDescriptor({ package: ETCD_PACKAGE, messages: MESSAGES, enums: ENUMS, services: SERVICES });
}
