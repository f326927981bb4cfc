package dev.warmpath.extproc.exchange;

import com.google.protobuf.Struct;
import dev.warmpath.config.Address;
import dev.warmpath.wire.Names;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.data.accesslog.v3.AccessLogCommon;
import io.envoyproxy.envoy.data.accesslog.v3.HTTPAccessLogEntry;
import io.envoyproxy.envoy.data.accesslog.v3.ResponseFlags;
import io.envoyproxy.envoy.service.accesslog.v3.AccessLogServiceGrpc.AccessLogServiceImplBase;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsMessage;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/**
 * Envoy's gRPC access log: one entry for each exchange, after its end. It says why a response broke
 * off, which the observer can't see, and fills in for an observer that was away.
 */
public final class AccessLog extends AccessLogServiceImplBase {

  private static final int FIRST_SUCCESS = 200;
  private static final int FIRST_CLIENT_ERROR = 400;

  private final ExchangeContext context;

  public AccessLog(ExchangeContext context) {
    this.context = context;
  }

  @Override
  public StreamObserver<StreamAccessLogsMessage> streamAccessLogs(
      StreamObserver<StreamAccessLogsResponse> replies) {
    ((ServerCallStreamObserver<StreamAccessLogsResponse>) replies).setOnCancelHandler(() -> {});
    return new StreamObserver<>() {
      @Override
      public void onNext(StreamAccessLogsMessage message) {
        for (HTTPAccessLogEntry entry : message.getHttpLogs().getLogEntryList()) {
          onEntry(entry);
        }
      }

      @Override
      public void onError(Throwable error) {}

      @Override
      public void onCompleted() {
        replies.onCompleted();
      }
    };
  }

  private void onEntry(HTTPAccessLogEntry entry) {
    AccessLogCommon common = entry.getCommonProperties();
    Struct metadata = common.getMetadata().getFilterMetadataMap().get(Names.PLAN_NAMESPACE);
    PlanId planId = metadata == null ? null : PlanMetadata.planId(metadata);
    if (planId == null) {
      return;
    }
    int status = status(entry);
    boolean cut = isCut(common.getResponseFlags(), status);
    context
        .outcomes()
        .observed(
            new Outcome(
                planId,
                Outcome.Source.ACCESS_LOG,
                address(common.getUpstreamRemoteAddress().getSocketAddress()),
                common.getUpstreamCluster(),
                status,
                common.getUpstreamRequestAttemptCount(),
                null,
                null,
                "",
                cut,
                true),
            context.clock().getAsLong());
  }

  /** A response that had begun well was ended by the upstream's side. */
  static boolean isCut(ResponseFlags flags, int status) {
    return isBegun(status)
        && !flags.getDownstreamConnectionTermination()
        && (flags.getUpstreamConnectionTermination()
            || flags.getUpstreamRemoteReset()
            || flags.getUpstreamProtocolError()
            || flags.getStreamIdleTimeout());
  }

  private static boolean isBegun(int status) {
    return status >= FIRST_SUCCESS && status < FIRST_CLIENT_ERROR;
  }

  /**
   * 0, unknown, when the client left before the first byte of the body: an engine sends its headers
   * on acceptance, and they don't tell that it would have served.
   */
  static int status(HTTPAccessLogEntry entry) {
    int status = entry.getResponse().getResponseCode().getValue();
    boolean leftBeforeTheFirstByte =
        entry.getCommonProperties().getResponseFlags().getDownstreamConnectionTermination()
            && entry.getResponse().getResponseBodyBytes() == 0;
    return leftBeforeTheFirstByte && isBegun(status) ? 0 : status;
  }

  /** As the configuration and Envoy's attributes write it; empty: none, or no IP literal. */
  static String address(SocketAddress address) {
    if (address.getAddress().isEmpty()) {
      return "";
    }
    try {
      return new Address.Ip(address.getAddress(), address.getPortValue()).toString();
    } catch (IllegalArgumentException _) {
      return "";
    }
  }
}
