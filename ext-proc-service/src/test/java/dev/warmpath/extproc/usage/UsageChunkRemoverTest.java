package dev.warmpath.extproc.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsageChunkRemoverTest {
  private static final String CONTENT = data("{'choices':[{'delta':{'content':'Hi'}}]}");
  private static final String FINISH =
      data("{'choices':[{'delta':{},'finish_reason':'stop'}],'usage':null}");
  private static final String USAGE =
      data("{'id':'c','choices':[],'usage':{'prompt_tokens':9,'completion_tokens':1}}");
  private static final String DONE = "data: [DONE]\n\n";

  private final UsageChunkRemover remover = new UsageChunkRemover();

  @Test
  void content_isLeftAsItIs() {
    assertThat(feed(CONTENT + FINISH)).isNull();
    assertThat(feed(DONE)).isNull();
    assertThat(last("")).isNull();
    assertThat(remover.takenOut()).isZero();
  }

  @Test
  void usageInOnePiece_isTakenOut() {
    assertThat(feed(FINISH + USAGE + DONE)).isEqualTo(FINISH + DONE);
    assertThat(remover.takenOut()).isEqualTo(1);
    assertThat(remover.letThrough()).isNull();
  }

  @Test
  void usageInAPieceOfItsOwn_leavesNothing() {
    assertThat(feed(FINISH)).isNull();
    assertThat(feed(USAGE)).isEmpty();
    assertThat(feed(DONE)).isNull();
  }

  @Test
  void usageCutBehindItsBrace_isHeldUntilItIsWhole() {
    feed(FINISH);

    assertThat(feed(USAGE.substring(0, 7))).isEmpty();
    assertThat(remover.heldBytes()).isEqualTo(7);
    assertThat(feed(USAGE.substring(7, 50))).isEmpty();
    assertThat(feed(USAGE.substring(50) + DONE)).isEqualTo(DONE);
    assertThat(remover.takenOut()).isEqualTo(1);
  }

  @Test
  void usageCutBeforeItsBrace_isLetThrough() {
    feed(FINISH);

    assertThat(feed("data: ")).isNull();
    assertThat(feed(USAGE.substring(6) + DONE)).isNull();
    assertThat(remover.takenOut()).isZero();
    assertThat(remover.letThrough()).isEqualTo(UsageChunkRemover.LetThrough.BEGUN);
  }

  @Test
  void beforeTheAnswerEnds_nothingIsHeld() {
    feed(CONTENT);

    assertThat(feed(USAGE.substring(0, 30))).isNull();
    assertThat(feed(USAGE.substring(30))).isNull();
    assertThat(remover.letThrough()).isEqualTo(UsageChunkRemover.LetThrough.BEGUN);
  }

  @Test
  void done_isNeverHeld() {
    feed(FINISH);

    assertThat(feed("data: [DO")).isNull();
    assertThat(feed("NE]\n\n")).isNull();
  }

  @Test
  void anotherChunkBehindTheFinish_isHeldNoLongerThanItMayBeUsage() {
    feed(FINISH);

    assertThat(feed("data: {\"id\":\"c\",\"ch")).isEmpty();
    assertThat(feed("oices\":[{")).isEqualTo("data: {\"id\":\"c\",\"choices\":[{");
    assertThat(feed("}]}\n\n")).isNull();
  }

  @Test
  void tooLong_isLetGo() {
    String head = "data: {\"choices\":[],\"usage\":{\"x\":\"";
    int room = UsageChunkRemover.MAX_HELD_BYTES - head.length();
    String start = head + "x".repeat(room);
    feed(FINISH);

    assertThat(feed(start)).isEmpty();
    assertThat(remover.heldBytes()).isEqualTo(UsageChunkRemover.MAX_HELD_BYTES);
    assertThat(feed("x")).isEqualTo(start + "x");
    assertThat(feed("\"}}\n\n")).isNull();
    assertThat(remover.letThrough()).isEqualTo(UsageChunkRemover.LetThrough.TOO_LONG);
  }

  @Test
  void wholeUsageWithoutItsEmptyLine_isTakenOutAtTheEnd() {
    feed(FINISH);

    assertThat(feed(USAGE.strip())).isEmpty();
    assertThat(last("")).isEmpty();
    assertThat(remover.takenOut()).isEqualTo(1);
  }

  @Test
  void whatIsHeldAndNotWhole_goesOnAtTheEnd() {
    feed(FINISH);

    assertThat(feed(USAGE.substring(0, 40))).isEmpty();
    assertThat(last("")).isEqualTo(USAGE.substring(0, 40));
    assertThat(remover.takenOut()).isZero();
  }

  @Test
  void carriageReturns_goWithTheEventThatTheyEnd() {
    String usage = USAGE.replace("\n", "\r\n");
    String done = DONE.replace("\n", "\r\n");
    feed(FINISH.replace("\n", "\r\n"));

    assertThat(feed(usage.substring(0, usage.length() - 1))).isEmpty();
    assertThat(feed("\n" + done)).isEqualTo(done);
    assertThat(feed(usage + done)).isEqualTo(done);
  }

  @Test
  void commentsAroundIt_stay() {
    assertThat(feed(FINISH + ": keep-alive\n" + USAGE + ": keep-alive\n\n" + DONE))
        .isEqualTo(FINISH + ": keep-alive\n: keep-alive\n\n" + DONE);
  }

  @Test
  void usageBesideContent_stays() {
    assertThat(
            feed(data("{'choices':[{'finish_reason':'stop'}],'usage':{'prompt_tokens':1}}") + DONE))
        .isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'choices':[],'usage':{'prompt_tokens':1},'citations':['a']}",
        "{'citations':['a'],'choices':[],'usage':{'prompt_tokens':1}}",
        "{'search_results':[],'choices':[],'usage':{'prompt_tokens':1}}",
        "{'note':'','choices':[],'usage':{'prompt_tokens':1}}",
        "{'at':0,'choices':[],'usage':{'prompt_tokens':1}}",
        "{'flagged': true,'choices':[],'usage':{'prompt_tokens':1}}",
        "{'system_fingerprints':'f','choices':[],'usage':{'prompt_tokens':1}}",
        "{'choices':[],'usage':{'prompt_tokens':1},'none':null,'a_name_longer_than_any_known':1}",
      })
  void usageBesideMore_stays(String json) {
    assertThat(feed(FINISH + data(json) + DONE)).isNull();
    assertThat(remover.takenOut()).isZero();
    assertThat(remover.letThrough()).isEqualTo(UsageChunkRemover.LetThrough.HOLDS_MORE);
  }

  @Test
  void usageBesideMore_isHeldNoLongerThanItMayBeAlone() {
    feed(FINISH);

    assertThat(feed("data: {\"choices\":[],\"usage\":{}")).isEmpty();
    assertThat(feed(",\"citations\":["))
        .isEqualTo("data: {\"choices\":[],\"usage\":{},\"citations\":[");
    assertThat(feed("]}\n\n")).isNull();
    assertThat(remover.letThrough()).isEqualTo(UsageChunkRemover.LetThrough.HOLDS_MORE);
  }

  @Test
  void usageBesideWhatEveryChunkMayHave_isTakenOut() {
    String usage =
        data(
            "{'id':'c','object':'chat.completion.chunk','created':1,'model':'m',"
                + "'system_fingerprint':'f','service_tier':'default','obfuscation':'x','timings':{'n':1},'citations':"
                + " null ,'choices':[],'usage':{'citations':['a']},'error':null}");

    assertThat(feed(FINISH + usage + DONE)).isEqualTo(FINISH + DONE);
    assertThat(remover.letThrough()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'choices':[]}",
        "{'choices':[],'usage':null}",
        "{'usage':{'prompt_tokens':1}}",
        "{'choices':[],'a':{'usage':{}}}",
        "{'a':{'choices':[],'usage':{}}}",
        "{'choices':{},'usage':{}}",
        "{'choices':[{'delta':{'content':'\\\\\\\"choices\\\\\\\":[],\\\\\\\"usage\\\\\\\":{}'}}]}",
        "[{'choices':[],'usage':{}}]",
        "{'choices':[],'usage':{}}{}",
        "{'choices':[],'usage':{]}",
        "{'choices':[],'usage':{}",
      })
  void anythingElse_stays(String json) {
    assertThat(feed(FINISH + data(json) + DONE)).isNull();
    assertThat(remover.takenOut()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'choices':[{'finish_reason':null}]}",
        "{'choices':[{'finish_reason':''}]}",
        "{'choices':[{'finish_reason':'null'}]}",
        "{'choices':[{'delta':{'finish_reason':'stop'}}]}",
        "{'finish_reason':'stop','choices':[{}]}",
        "{'choices':[{'finish_reason':'stop'}]",
        "{'choices':[{'delta':{'content':'\\\"finish_reason\\\":\\\"stop\\\"'}}]}",
      })
  void anythingElse_endsNoAnswer(String json) {
    feed(data(json));

    assertThat(feed(USAGE.substring(0, 30))).isNull();
  }

  @Test
  void dataOfTwoLines_areNoChunk() {
    assertThat(feed(FINISH + "data: {\"choices\":[],\ndata: \"usage\":{}}\n\n" + DONE)).isNull();
  }

  @Test
  void byteOrderMark_goesOn() {
    assertThat(feed("\uFEFF" + FINISH)).isNull();
    assertThat(feed(USAGE + DONE)).isEqualTo(DONE);
  }

  private static String data(String json) {
    return "data: " + json.replace('\'', '"') + "\n\n";
  }

  private @Nullable String feed(String piece) {
    return text(remover.feed(piece.getBytes(UTF_8), piece.getBytes(UTF_8).length, false));
  }

  private @Nullable String last(String piece) {
    return text(remover.feed(piece.getBytes(UTF_8), piece.length(), true));
  }

  private static @Nullable String text(byte @Nullable [] bytes) {
    return bytes == null ? null : new String(bytes, UTF_8);
  }
}
