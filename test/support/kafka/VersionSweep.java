import java.io.*;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.*;
import java.util.function.*;
import java.util.regex.*;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.*;
import org.apache.kafka.common.record.internal.*;

/**
 * Sends APIs in many versions, written by Kafka's own message classes, and reads the answers with them: BROKERS TOPIC
 * KEY=MIN-MAX… Prints a line each: API, version, error codes, bytes left over.
 */
public class VersionSweep {
  static String topic;
  static int correlationId = 0;

  public static void main(String[] args) throws Exception {
    String[] address = args[0].split(":");
    topic = args[1];
    try (var socket = new Socket(address[0], Integer.parseInt(address[1]))) {
      var in = new DataInputStream(socket.getInputStream());
      var out = new DataOutputStream(socket.getOutputStream());
      for (String range : Arrays.asList(args).subList(2, args.length)) {
        String[] parts = range.split("[=-]");
        var api = ApiKeys.forId(Short.parseShort(parts[0]));
        for (short version = Short.parseShort(parts[1]); version <= Short.parseShort(parts[2]); version++)
          exchange(in, out, api, version, request(api, version));
      }
    }
  }

  static void exchange(DataInputStream in, DataOutputStream out, ApiKeys api, short version, ApiMessage request) throws IOException {
    var header = new RequestHeaderData().setRequestApiKey(api.id).setRequestApiVersion(version).setCorrelationId(correlationId++).setClientId("sweep");
    short headerVersion = api.requestHeaderVersion(version);
    var cache = new ObjectSerializationCache();
    int size = header.size(cache, headerVersion) + request.size(cache, version);
    var bytes = ByteBuffer.allocate(size);
    header.write(new ByteBufferAccessor(bytes), cache, headerVersion);
    request.write(new ByteBufferAccessor(bytes), cache, version);
    out.writeInt(size);
    out.write(bytes.array());
    out.flush();
    byte[] frame = new byte[in.readInt()];
    in.readFully(frame);
    var answer = ByteBuffer.wrap(frame);
    var accessor = new ByteBufferAccessor(answer);
    new ResponseHeaderData().read(accessor, api.responseHeaderVersion(version));
    var response = ApiMessageType.fromApiKey(api.id).newResponse();
    response.read(accessor, version);
    var errors = new TreeSet<String>();
    var matcher = Pattern.compile("[eE]rrorCode=(-?\\d+)").matcher(response.toString());
    while (matcher.find()) errors.add(Errors.forCode(Short.parseShort(matcher.group(1))).name());
    System.out.println(api.name + " " + version + " " + errors + " left " + answer.remaining());
  }

  static MemoryRecords records() {
    return MemoryRecords.withRecords(Compression.NONE, new SimpleRecord("k".getBytes(), "v".getBytes()));
  }

  static ApiMessage request(ApiKeys api, short version) {
    String group = "sweep-group", id = "sweep-id";
    return switch (api) {
      case PRODUCE -> new ProduceRequestData().setAcks((short) -1).setTimeoutMs(1000).setTopicData(new ProduceRequestData.TopicProduceDataCollection(
          List.of(new ProduceRequestData.TopicProduceData().setName(topic).setPartitionData(List.of(
              new ProduceRequestData.PartitionProduceData().setIndex(0).setRecords(records())))).iterator()));
      case FETCH -> new FetchRequestData().setReplicaId(-1).setMaxWaitMs(0).setMinBytes(1).setMaxBytes(1 << 20).setSessionEpoch(-1).setTopics(List.of(
          new FetchRequestData.FetchTopic().setTopic(topic).setPartitions(List.of(
              new FetchRequestData.FetchPartition().setPartition(0).setFetchOffset(0).setPartitionMaxBytes(1 << 20)))));
      case LIST_OFFSETS -> new ListOffsetsRequestData().setReplicaId(-1).setTopics(List.of(
          new ListOffsetsRequestData.ListOffsetsTopic().setName(topic).setPartitions(List.of(
              new ListOffsetsRequestData.ListOffsetsPartition().setPartitionIndex(0).setTimestamp(-1)))));
      case METADATA -> new MetadataRequestData().setAllowAutoTopicCreation(version < 4).setTopics(List.of(new MetadataRequestData.MetadataRequestTopic().setName(topic)));
      case OFFSET_COMMIT -> new OffsetCommitRequestData().setGroupId(group).setTopics(List.of(
          new OffsetCommitRequestData.OffsetCommitRequestTopic().setName(topic).setPartitions(List.of(
              new OffsetCommitRequestData.OffsetCommitRequestPartition().setPartitionIndex(0).setCommittedOffset(1).setCommittedMetadata("m")))));
      case OFFSET_FETCH -> version < 8
          ? new OffsetFetchRequestData().setGroupId(group).setTopics(List.of(
              new OffsetFetchRequestData.OffsetFetchRequestTopic().setName(topic).setPartitionIndexes(List.of(0, 1))))
          : new OffsetFetchRequestData().setGroups(List.of(new OffsetFetchRequestData.OffsetFetchRequestGroup().setGroupId(group).setTopics(null)));
      case FIND_COORDINATOR -> version < 4
          ? new FindCoordinatorRequestData().setKey(group)
          : new FindCoordinatorRequestData().setCoordinatorKeys(List.of(group, id));
      case JOIN_GROUP -> new JoinGroupRequestData().setGroupId(group + "-join-" + version).setSessionTimeoutMs(30000).setRebalanceTimeoutMs(version == 0 ? -1 : 30000)
          .setProtocolType("consumer").setGroupInstanceId(version < 5 ? null : "i").setProtocols(new JoinGroupRequestData.JoinGroupRequestProtocolCollection(
              List.of(new JoinGroupRequestData.JoinGroupRequestProtocol().setName("range").setMetadata(new byte[] {1})).iterator()));
      case HEARTBEAT -> new HeartbeatRequestData().setGroupId(group).setMemberId("m").setGenerationId(1);
      case LEAVE_GROUP -> version < 3
          ? new LeaveGroupRequestData().setGroupId(group).setMemberId("m")
          : new LeaveGroupRequestData().setGroupId(group).setMembers(List.of(new LeaveGroupRequestData.MemberIdentity().setMemberId("m")));
      case SYNC_GROUP -> new SyncGroupRequestData().setGroupId(group).setMemberId("m").setGenerationId(1).setProtocolType(version < 5 ? null : "consumer").setProtocolName(version < 5 ? null : "range")
          .setAssignments(List.of(new SyncGroupRequestData.SyncGroupRequestAssignment().setMemberId("m").setAssignment(new byte[] {1})));
      case DESCRIBE_GROUPS -> new DescribeGroupsRequestData().setGroups(List.of(group, group + "-join-9"));
      case LIST_GROUPS -> new ListGroupsRequestData();
      case API_VERSIONS -> new ApiVersionsRequestData().setClientSoftwareName("sweep").setClientSoftwareVersion("1");
      case CREATE_TOPICS -> new CreateTopicsRequestData().setTimeoutMs(5000).setValidateOnly(false).setTopics(new CreateTopicsRequestData.CreatableTopicCollection(
          List.of(new CreateTopicsRequestData.CreatableTopic().setName(topic + "-created-" + version).setNumPartitions(1).setReplicationFactor((short) 1)).iterator()));
      case DELETE_TOPICS -> version < 6
          ? new DeleteTopicsRequestData().setTimeoutMs(5000).setTopicNames(List.of(topic + "-created-" + (version + 1)))
          : new DeleteTopicsRequestData().setTimeoutMs(5000).setTopics(List.of(new DeleteTopicsRequestData.DeleteTopicState().setName(topic + "-created-7")));
      case DELETE_RECORDS -> new DeleteRecordsRequestData().setTimeoutMs(5000).setTopics(List.of(
          new DeleteRecordsRequestData.DeleteRecordsTopic().setName(topic).setPartitions(List.of(
              new DeleteRecordsRequestData.DeleteRecordsPartition().setPartitionIndex(0).setOffset(1)))));
      case INIT_PRODUCER_ID -> new InitProducerIdRequestData().setTransactionalId(id).setTransactionTimeoutMs(60000);
      case OFFSET_FOR_LEADER_EPOCH -> new OffsetForLeaderEpochRequestData().setReplicaId(version < 3 ? -2 : -1).setTopics(new OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection(
          List.of(new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic().setTopic(topic).setPartitions(List.of(
              new OffsetForLeaderEpochRequestData.OffsetForLeaderPartition().setPartition(0).setLeaderEpoch(0)))).iterator()));
      case ADD_PARTITIONS_TO_TXN -> new AddPartitionsToTxnRequestData().setV3AndBelowTransactionalId(id).setV3AndBelowProducerId(999999).setV3AndBelowProducerEpoch((short) 0)
          .setV3AndBelowTopics(new AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection(
              List.of(new AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic().setName(topic).setPartitions(List.of(0))).iterator()));
      case ADD_OFFSETS_TO_TXN -> new AddOffsetsToTxnRequestData().setTransactionalId(id).setProducerId(999999).setProducerEpoch((short) 0).setGroupId(group);
      case END_TXN -> new EndTxnRequestData().setTransactionalId(id).setProducerId(999999).setProducerEpoch((short) 0).setCommitted(true);
      case TXN_OFFSET_COMMIT -> new TxnOffsetCommitRequestData().setTransactionalId(id).setGroupId(group).setProducerId(999999).setProducerEpoch((short) 0).setTopics(List.of(
          new TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic().setName(topic).setPartitions(List.of(
              new TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition().setPartitionIndex(0).setCommittedOffset(1).setCommittedMetadata("m")))));
      case DESCRIBE_CONFIGS -> new DescribeConfigsRequestData().setResources(List.of(
          new DescribeConfigsRequestData.DescribeConfigsResource().setResourceType((byte) 2).setResourceName(topic).setConfigurationKeys(null)));
      case CREATE_PARTITIONS -> new CreatePartitionsRequestData().setTimeoutMs(5000).setTopics(new CreatePartitionsRequestData.CreatePartitionsTopicCollection(
          List.of(new CreatePartitionsRequestData.CreatePartitionsTopic().setName(topic).setCount(version + 3).setAssignments(null)).iterator()));
      case ALTER_CONFIGS -> new AlterConfigsRequestData().setResources(new AlterConfigsRequestData.AlterConfigsResourceCollection(
          List.of(new AlterConfigsRequestData.AlterConfigsResource().setResourceType((byte) 2).setResourceName(topic).setConfigs(
              new AlterConfigsRequestData.AlterableConfigCollection(List.of(
                  new AlterConfigsRequestData.AlterableConfig().setName("retention.ms").setValue("-1")).iterator()))).iterator()));
      case DELETE_GROUPS -> new DeleteGroupsRequestData().setGroupsNames(List.of(group + "-missing"));
      case INCREMENTAL_ALTER_CONFIGS -> new IncrementalAlterConfigsRequestData().setResources(new IncrementalAlterConfigsRequestData.AlterConfigsResourceCollection(
          List.of(new IncrementalAlterConfigsRequestData.AlterConfigsResource().setResourceType((byte) 2).setResourceName(topic).setConfigs(
              new IncrementalAlterConfigsRequestData.AlterableConfigCollection(List.of(
                  new IncrementalAlterConfigsRequestData.AlterableConfig().setName("retention.ms").setValue("-1")).iterator()))).iterator()));
      case OFFSET_DELETE -> new OffsetDeleteRequestData().setGroupId(group).setTopics(new OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection(
          List.of(new OffsetDeleteRequestData.OffsetDeleteRequestTopic().setName(topic).setPartitions(List.of(
              new OffsetDeleteRequestData.OffsetDeleteRequestPartition().setPartitionIndex(0)))).iterator()));
      case DESCRIBE_CLUSTER -> new DescribeClusterRequestData();
      case DESCRIBE_PRODUCERS -> new DescribeProducersRequestData().setTopics(new DescribeProducersRequestData.TopicRequestCollection(
          List.of(new DescribeProducersRequestData.TopicRequest().setName(topic).setPartitionIndexes(List.of(0))).iterator()));
      case DESCRIBE_TRANSACTIONS -> new DescribeTransactionsRequestData().setTransactionalIds(List.of(id));
      case LIST_TRANSACTIONS -> new ListTransactionsRequestData();
      default -> throw new IllegalArgumentException(api.name);
    };
  }
}
