package dev.warmpath.e2e.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessagesRequestTest {
  private static final String MARK = "'cache_control':{'type':'ephemeral'}";
  private static final String HOUR = "'cache_control':{'type':'ephemeral','ttl':'1h'}";
  private static final String HI = "'messages':[{'role':'user','content':'hi'}]";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {                                                              | not valid JSON
          []                                                             | valid dictionary
          {'model':'m','messages':[]}                                    | max_tokens: Field required
          {'model':'m','max_tokens':9}                                   | messages: Field required
          {'model':'m','max_tokens':9,'messages':[]}                     | at least one message
          {'max_tokens':9,HI}                                            | model: Field required
          {'model':'m','max_tokens':-1,HI}                               | max_tokens
          {'model':'m','max_tokens':0,'stream':true,HI}                  | max_tokens
          {'model':'m','max_tokens':9,HI,'prompt_cache_key':'x'}         | prompt_cache_key: Extra inputs
          {'model':'m','max_tokens':9,HI,'system':[{'type':'text','text':'','MARK'}]} | empty text blocks
          {'model':'m','max_tokens':9,HI,'system':[{'type':'text','text':''}]}        | non-empty
          {'model':'m','max_tokens':9,HI,'system':[{'type':'text','text':' '}]}       | non-whitespace
          {'model':'m','max_tokens':9,HI,'system':' '}                   | non-whitespace
          {'model':'m','max_tokens':9,'messages':[{'role':'user','content':' '}]}     | non-whitespace
          {'model':'m','max_tokens':9,HI,'tools':[{'name':'t','input_schema':{},'defer_loading':true,'MARK'}]} | cannot have both
          {'model':'m','max_tokens':9,'messages':[{'role':'user','content':[{'type':'tool_result','tool_use_id':'1','content':[{'type':'text','text':'a','x':1}]}]}]} | messages.0.content.0.content.0.text.x: Extra inputs
          {'model':'m','max_tokens':9,HI,'system':[{'type':'text','text':'a','cache_control':{'type':'forever'}}]} | ephemeral
          {'model':'m','max_tokens':9,HI,'system':[{'type':'text','text':'a','cache_control':{'type':'ephemeral','ttl':'2h'}}]} | '5m' or '1h'
          {'model':'m','max_tokens':9,HI,'system':[{'type':'text','text':'a','cache_control':{'type':'ephemeral','x':1}}]} | x: Extra inputs
          {'model':'m','max_tokens':9,HI,'tools':[{'name':'t'}]}         | input_schema: Field required
          {'model':'m','max_tokens':9,'messages':[{'role':'system','content':'a'}]}   | 'user' or 'assistant'
          {'model':'m','max_tokens':9,'messages':[{'role':'assistant','content':'a'}]} | first message
          {'model':'m','max_tokens':9,'messages':[{'role':'user','content':''}]}      | non-empty
          {'model':'m','max_tokens':9,'messages':[{'role':'user','content':'a','x':1}]} | messages.0.x: Extra inputs
          {'model':'m','max_tokens':9,'messages':[{'role':'user','content':[{'type':'text','text':'a','x':1}]}]} | messages.0.content.0.text.x: Extra inputs
          {'model':'m','max_tokens':9,'messages':[{'role':'user','content':[{'type':'thinking','thinking':'a','signature':'s','MARK'}]}]} | thinking.cache_control: Extra inputs
          """)
  void parse_whatTheApiRefuses_isRefused(String body, String message) {
    String json = body.replace("'MARK'", MARK).replace("HI", HI).replace('\'', '"');
    assertThatThrownBy(() -> parseRaw(json))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining(message.strip());
  }

  @Test
  void parse_fiveMarkers_isRefusedTopLevelOneIncluded() throws ApiException {
    assertThat(parse(system(4)).markers()).isEqualTo(4);
    assertRefused(system(5), "Found 5");
    assertRefused(MARK + "," + system(4), "Found 5");
    assertThat(parse(MARK + "," + system(3)).markers()).isEqualTo(4);
  }

  @Test
  void parse_oneHourAfterFiveMinutes_isRefusedInOrderOfProcessing() throws ApiException {
    String tool = "'tools':[{'name':'t','input_schema':{},%s}],";
    String text = "'system':[{'type':'text','text':'a',%s}]";
    // Written after the system, processed before it.
    assertRefused(text.formatted(HOUR) + "," + tool.formatted(MARK) + HI, "must not come after");
    assertThat(parse(text.formatted(MARK) + "," + tool.formatted(HOUR) + HI).blocks())
        .extracting(PromptBlock::ttlSeconds)
        .containsExactly(3600, 300, 0);
  }

  @Test
  void parse_automaticMarker_marksTheLastBlockThatCanBe() throws ApiException {
    MessagesRequest request =
        parse(
            MARK
                + ",'messages':[{'role':'user','content':'hi'},{'role':'assistant','content':["
                + "{'type':'text','text':'a'},"
                + "{'type':'thinking','thinking':'b','signature':'s'},"
                + "{'type':'redacted_thinking','data':'c'}]}]");
    assertThat(request.blocks()).extracting(PromptBlock::ttlSeconds).containsExactly(0, 300, 0, 0);
    assertThat(request.markers()).isEqualTo(1);
  }

  @Test
  void parse_automaticMarkerOfAnotherLifetime_isRefused() throws ApiException {
    String last = "'messages':[{'role':'user','content':[{'type':'text','text':'a',%s}]}]";
    assertRefused(MARK + "," + last.formatted(HOUR), "ttl differs");
    assertThat(parse(MARK + "," + last.formatted(MARK)).markers()).isEqualTo(2);
  }

  @Test
  void parse_sameTextAsStringOrBlockMarkedOrNot_hasTheSameName() throws ApiException {
    CachedPrefix plain = last("'system':'abcd'," + HI);
    assertThat(last("'system':[{'type':'text','text':'abcd'}]," + HI)).isEqualTo(plain);
    assertThat(last("'system':[{'text':'abcd','type':'text'," + MARK + "}]," + HI))
        .isEqualTo(plain);
    assertThat(
            last(
                "'system':'abcd','messages':[{'role':'user','content':[{'type':'text',"
                    + "'text':'hi'}]}]"))
        .isEqualTo(plain);
  }

  @Test
  void parse_parametersThatVoid_loseTheirPartAndKeepTheRest() throws ApiException {
    String prompt = "'tools':[{'name':'t','input_schema':{}}],'system':'abcd'," + HI;
    List<CachedPrefix> base = names(prompt);
    assertKept(base, names("'tool_choice':{'type':'any'}," + prompt), 2);
    assertKept(base, names("'thinking':{'type':'adaptive'}," + prompt), 2);
    assertKept(base, names("'output_config':{'effort':'low'}," + prompt), 2);
    assertKept(base, names("'speed':'fast'," + prompt), 1);
    assertKept(base, names(prompt.replace("abcd", "abce")), 1);
    assertKept(base, names(prompt.replace("'t'", "'u'")), 0);
    assertKept(
        base,
        names(
            prompt.replace(
                "'content':'hi'",
                "'content':[{'type':'text','text':'hi'},{'type':'image','source':{}}]")),
        2);
    assertKept(base, names("'temperature':1,'metadata':{}," + prompt), 3);
  }

  @Test
  void parse_otherWorkspaceOrModel_sharesNothing() throws ApiException {
    byte[] body = body(HI).getBytes(StandardCharsets.UTF_8);
    var here = MessagesRequest.parse(body, "here", 4).blocks().getLast().prefix();
    assertThat(MessagesRequest.parse(body, "there", 4).blocks().getLast().prefix())
        .isNotEqualTo(here);
  }

  @ParameterizedTest
  @CsvSource({"4092,1023", "4093,1024", "4096,1024", "1,1"})
  void parse_tokens_areBytesByFourRoundedUp(int bytes, long tokens) throws ApiException {
    MessagesRequest request =
        parse("'messages':[{'role':'user','content':'" + "x".repeat(bytes) + "'}]");
    assertThat(request.blocks().getLast().endTokens()).isEqualTo(tokens);
  }

  private static String system(int marked) {
    String block = "{'type':'text','text':'a'," + MARK + "},";
    return "'system':[" + block.repeat(marked) + "{'type':'text','text':'b'}]," + HI;
  }

  private static void assertKept(List<CachedPrefix> base, List<CachedPrefix> other, int kept) {
    assertThat(other.subList(0, kept)).isEqualTo(base.subList(0, kept));
    if (kept < base.size()) {
      assertThat(other.get(kept)).isNotEqualTo(base.get(kept));
    }
  }

  private static void assertRefused(String fields, String message) {
    assertThatThrownBy(() -> parse(fields))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining(message);
  }

  private static List<CachedPrefix> names(String fields) throws ApiException {
    return parse(fields).blocks().stream().map(PromptBlock::prefix).toList();
  }

  private static CachedPrefix last(String fields) throws ApiException {
    return names(fields).getLast();
  }

  private static MessagesRequest parse(String fields) throws ApiException {
    return parseRaw(body(fields));
  }

  private static String body(String fields) {
    return ("{'model':'m','max_tokens':9," + fields + "}").replace('\'', '"');
  }

  private static MessagesRequest parseRaw(String json) throws ApiException {
    return MessagesRequest.parse(json.getBytes(StandardCharsets.UTF_8), "scope", 4);
  }
}
