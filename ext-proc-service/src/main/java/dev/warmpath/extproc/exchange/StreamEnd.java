package dev.warmpath.extproc.exchange;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;

/**
 * How a gRPC stream ended. gRPC's callbacks say only "cancelled"; the tracer sees whether Envoy
 * reset this stream (the exchange is over) or the connection under it broke (the exchange goes on
 * in Envoy, without us).
 */
final class StreamEnd extends ServerStreamTracer {

  static final Context.Key<StreamEnd> KEY = Context.key("warmpath-stream-end");

  /** Registers a tracer for every stream. */
  static final Factory FACTORY =
      new Factory() {
        @Override
        public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
          return new StreamEnd();
        }
      };

  private volatile boolean connectionLost;

  @Override
  public Context filterContext(Context context) {
    return context.withValue(KEY, this);
  }

  @Override
  public void streamClosed(Status status) {
    // Netty's server transport reports a reset of one stream as CANCELLED and the end of the
    // connection as UNAVAILABLE.
    connectionLost = status.getCode() == Status.Code.UNAVAILABLE;
  }

  boolean connectionLost() {
    return connectionLost;
  }
}
