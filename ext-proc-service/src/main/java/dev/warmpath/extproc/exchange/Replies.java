package dev.warmpath.extproc.exchange;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.HeadersResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.TrailersResponse;

/** The messages that the service answers with; those that change nothing are built once. */
final class Replies {

  static final ProcessingResponse CONTINUE_REQUEST_HEADERS =
      ProcessingResponse.newBuilder()
          .setRequestHeaders(
              HeadersResponse.newBuilder().setResponse(CommonResponse.getDefaultInstance()))
          .build();

  static final ProcessingResponse CONTINUE_REQUEST_BODY =
      ProcessingResponse.newBuilder()
          .setRequestBody(
              BodyResponse.newBuilder().setResponse(CommonResponse.getDefaultInstance()))
          .build();

  static final ProcessingResponse CONTINUE_REQUEST_TRAILERS =
      ProcessingResponse.newBuilder()
          .setRequestTrailers(TrailersResponse.getDefaultInstance())
          .build();

  static final ProcessingResponse CONTINUE_RESPONSE_HEADERS =
      ProcessingResponse.newBuilder()
          .setResponseHeaders(
              HeadersResponse.newBuilder().setResponse(CommonResponse.getDefaultInstance()))
          .build();

  static final ProcessingResponse CONTINUE_RESPONSE_BODY =
      ProcessingResponse.newBuilder()
          .setResponseBody(
              BodyResponse.newBuilder().setResponse(CommonResponse.getDefaultInstance()))
          .build();

  static final ProcessingResponse CONTINUE_RESPONSE_TRAILERS =
      ProcessingResponse.newBuilder()
          .setResponseTrailers(TrailersResponse.getDefaultInstance())
          .build();

  private Replies() {}

  /** Other bytes in place of a piece of a response's body; none: it is left out. */
  static ProcessingResponse responseBody(byte[] bytes) {
    return ProcessingResponse.newBuilder()
        .setResponseBody(
            BodyResponse.newBuilder()
                .setResponse(
                    CommonResponse.newBuilder()
                        .setBodyMutation(
                            BodyMutation.newBuilder()
                                .setBody(UnsafeByteOperations.unsafeWrap(bytes)))))
        .build();
  }

  /** One request header, replacing whatever is there. */
  static HeaderValueOption header(String name, String value) {
    return HeaderValueOption.newBuilder()
        .setHeader(
            HeaderValue.newBuilder().setKey(name).setRawValue(ByteString.copyFromUtf8(value)))
        .setAppendAction(HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)
        .build();
  }

  /** One request header, which gives way to the client's own. */
  static HeaderValueOption headerIfAbsent(String name, String value) {
    return header(name, value).toBuilder()
        .setAppendAction(HeaderAppendAction.ADD_IF_ABSENT)
        .build();
  }

  static Value string(String value) {
    return Value.newBuilder().setStringValue(value).build();
  }

  static Value struct(Struct struct) {
    return Value.newBuilder().setStructValue(struct).build();
  }
}
