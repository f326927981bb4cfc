package dev.warmpath.extproc.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.warmpath.extproc.exchange.RequestHead.Signature;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestHeadTest {
  private static RequestHead head(String... namesAndValues) {
    HeaderMap.Builder headers = HeaderMap.newBuilder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.addHeaders(
          HeaderValue.newBuilder()
              .setKey(namesAndValues[i])
              .setRawValue(ByteString.copyFrom(namesAndValues[i + 1], UTF_8)));
    }
    return RequestHead.of(
        ProcessingRequest.newBuilder()
            .setRequestHeaders(HttpHeaders.newBuilder().setHeaders(headers))
            .build(),
        "chat",
        List.of("x-to", "x-tenant"));
  }

  @Test
  void of_ordinaryRequest_readsWhatAPlanNeeds() {
    RequestHead head =
        head(
            ":path", "/v1/messages?beta=true", "content-length", "1024", "x-to", "homes", "a", "b");

    assertThat(head.path()).isEqualTo("/v1/messages");
    assertThat(head.contentLength()).isEqualTo(1024);
    assertThat(head.compressed()).isFalse();
    assertThat(head.signature()).isEqualTo(Signature.NONE);
    assertThat(head.header("x-to")).isEqualTo("homes");
    assertThat(head.header("x-tenant")).isNull();
    assertThat(head.header("a")).as("nobody asked for it").isNull();
  }

  @Test
  void of_headerThatComesTwice_isJoinedAsEnvoyJoinsIt() {
    assertThat(head("x-to", "homes", "x-to", "others").header("x-to")).isEqualTo("homes,others");
  }

  @Test
  void of_contentEncodingThatComesTwice_isCompressedIfOneIs() {
    assertThat(head("content-encoding", "gzip", "content-encoding", "identity").compressed())
        .isTrue();
    assertThat(head("content-encoding", "Identity").compressed()).isFalse();
  }

  @Test
  void of_contentLengthThatIsNone_isUnknown() {
    assertThat(head("content-length", "").contentLength()).isEqualTo(-1);
    assertThat(head("content-length", "12x").contentLength()).isEqualTo(-1);
    assertThat(head("content-length", "1234567890123456789").contentLength()).isEqualTo(-1);
    assertThat(head().contentLength()).isEqualTo(-1);
  }

  @Test
  void of_signatures_areSeen() {
    assertThat(head("x-amz-date", "20260101T000000Z").signature()).isEqualTo(Signature.AWS);
    assertThat(head("x-amz-content-sha256", "ab").signature()).isEqualTo(Signature.AWS);
    assertThat(head("authorization", "AWS4-HMAC-SHA256 Credential=a").signature())
        .isEqualTo(Signature.AWS);
    assertThat(head("authorization", "Bearer a").signature()).isEqualTo(Signature.NONE);
    assertThat(head(":path", "/m?X-Amz-Signature=ab").signature()).isEqualTo(Signature.OTHER);
    assertThat(head("content-digest", "sha-256=:ab:").signature()).isEqualTo(Signature.OTHER);
  }

  /** Who replaces one would leave the other wrong. */
  @Test
  void of_signatureOfAwsBesideAnother_isTheOther() {
    assertThat(head("digest", "sha-256=ab", "x-amz-date", "20260101T000000Z").signature())
        .isEqualTo(Signature.OTHER);
    assertThat(head("authorization", "AWS4-HMAC-SHA256 Credential=a", "digest", "d").signature())
        .isEqualTo(Signature.OTHER);
  }
}
