package dev.warmpath.extproc.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.exchange.RequestHead.Signature;
import dev.warmpath.extproc.prefix.KeyRing;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A signed body is changed only where Envoy signs it anew. */
class SignedRequestsTest {
  private static final String BODY =
      "{\"system\":[{\"text\":\"%s\"}],\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"Why?\"}]}]}"
          .formatted("All that is known of the matter. ".repeat(2_000));
  private static final String SIGNS = "aws_signing: {region: us-east-1}";

  private static ExchangePlan plan(String credential, Signature signature, String tenant)
      throws Exception {
    byte[] secret = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);
    Exchanges exchanges =
        Exchanges.of(
            new Exchanges.Parts(
                ConfigFile.parse(
                    """
                    ext_proc: {address: '127.0.0.1:0', admin_address: '127.0.0.1:0'}
                    tenant: {api_key_header: x-who}
                    providers:
                    - {name: bedrock, address: 'b:443', api: bedrock_converse, %s}
                    routes:
                    - {id: r, provider: bedrock, annotate: active}
                    """
                        .formatted(credential),
                    "test"),
                new KeyRing(secret, secret),
                secret,
                CatalogueFile.load(List.of()),
                1,
                _ -> {},
                new ExchangeMetrics(new SimpleMeterRegistry(), 100),
                () -> 0,
                Runnable::run));
    RequestHead head =
        new RequestHead(
            "/model/anthropic.claude-opus-5-5-v1:0/converse",
            "",
            BODY.length(),
            false,
            signature,
            true,
            false,
            false,
            Map.of("x-who", tenant));
    RouteEntry route = requireNonNull(exchanges.context().routes().match(head));
    return requireNonNull(
        exchanges.context().planner().plan(head, route, ByteString.copyFromUtf8(BODY)).plan());
  }

  @Test
  void body_signedForAws_isEditedOnlyWhereEnvoySigns() throws Exception {
    assertThat(plan(SIGNS, Signature.AWS, "a").decided().edited()).isTrue();
    assertThat(plan("credential_file: /key", Signature.AWS, "a").decided().edited()).isFalse();
    assertThat(plan("cache_scope: own", Signature.AWS, "a").decided().edited()).isFalse();
    assertThat(plan("cache_scope: own", Signature.NONE, "a").decided().edited()).isTrue();
  }

  /** Envoy knows nothing of such a digest and would pass it on. */
  @Test
  void body_signedInAnotherWay_isNeverEdited() throws Exception {
    assertThat(plan(SIGNS, Signature.OTHER, "a").decided().edited()).isFalse();
  }

  /** The provider sees one account then, whoever asks. */
  @Test
  void scope_whereEnvoySigns_isThatOfItsAccount() throws Exception {
    assertThat(plan(SIGNS, Signature.NONE, "a").decided().scope())
        .isEqualTo(plan(SIGNS, Signature.NONE, "b").decided().scope());
    assertThat(plan("cache_scope: own", Signature.NONE, "a").decided().scope())
        .isNotEqualTo(plan("cache_scope: own", Signature.NONE, "b").decided().scope());
  }
}
