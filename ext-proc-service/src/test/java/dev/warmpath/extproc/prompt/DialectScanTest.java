package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each dialect's own ways of writing a prompt come to. */
class DialectScanTest {

  private static final PromptScanner.Limits LIMITS = new PromptScanner.Limits(1 << 20, 64, 1000);

  private final PromptScanner scanner = new PromptScanner(LIMITS);
  private final Prompt prompt = new Prompt();

  @Test
  void completions_string_isWhatTheUserSays() {
    assertThat(
            scan(Dialect.OPENAI_COMPLETIONS, "{'prompt':'One\\nday','max_tokens':5,'model':'m'}"))
        .containsExactly("MESSAGE USER TEXT One\\nday");
    assertThat(prompt.maxOutputTokens()).isEqualTo(5);
    assertThat(prompt.inputs()).isEqualTo(1);
  }

  @Test
  void completions_strings_areInputsSideBySide() {
    assertThat(scan(Dialect.OPENAI_COMPLETIONS, "{'prompt':['One','Two'],'suffix':'end'}"))
        .containsExactly("MESSAGE USER TEXT One", "MESSAGE USER TEXT Two");
    assertThat(prompt.inputs()).isEqualTo(2);
    assertThat(parameters(Parameter.Position.AFTER_SYSTEM)).isEqualTo("<\"suffix>:\"end>>");
  }

  @Test
  void completions_tokenIds_areOnePrompt() {
    assertThat(scan(Dialect.OPENAI_COMPLETIONS, "{'prompt':[1, 22 ,333]}"))
        .containsExactly("MESSAGE USER TOKENS <[1,22,333]>");
    assertThat(prompt.inputs()).isEqualTo(1);
    assertThat(raw(prompt.partRawStart(0), prompt.partRawEnd(0))).isEqualTo("[1, 22 ,333]");
  }

  @Test
  void embeddings_listsOfTokenIds_areInputsSideBySide() {
    assertThat(scan(Dialect.OPENAI_EMBEDDINGS, "{'input':[[1,2],[3]]}"))
        .containsExactly("MESSAGE USER TOKENS <[1,2]>", "MESSAGE USER TOKENS <[3]>");
    assertThat(prompt.inputs()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'prompt':['a',1]} | UNEXPECTED_SHAPE",
        "{'prompt':[[1],'a']} | UNEXPECTED_SHAPE",
        "{'prompt':[1,-1]} | UNEXPECTED_SHAPE",
        "{'prompt':{}} | UNEXPECTED_SHAPE",
        "{'prompt':[]} | NO_PROMPT",
        "{'prompt':null} | NO_PROMPT",
      })
  void completions_ofAnotherShape_areRefused(String body, Verdict expected) {
    assertThat(verdict(Dialect.OPENAI_COMPLETIONS, body)).isEqualTo(expected);
  }

  @Test
  void responses_string_isReadAsAMessageOfTheUser() {
    List<String> string =
        scan(Dialect.OPENAI_RESPONSES, "{'instructions':'Be brief','input':'Hi'}");
    byte[] text = prompt.text().clone();

    assertThat(string).containsExactly("SYSTEM SYSTEM TEXT Be brief", "MESSAGE USER TEXT Hi");
    assertThat(
            scan(
                Dialect.OPENAI_RESPONSES,
                "{'input':[{'type':'message','id':'x','status':'completed','role':'user',"
                    + "'content':[{'type':'input_text','text':'Hi'}]}],'instructions':'Be brief'}"))
        .isEqualTo(string);
    assertThat(prompt.text()).startsWith(java.util.Arrays.copyOf(text, prompt.textLength()));
  }

  @Test
  void responses_items_areSegmentsOfTheirKind() {
    assertThat(
            scan(
                Dialect.OPENAI_RESPONSES,
                """
                {'model':'m','stream':true,'max_output_tokens':9,
                 'tools':[{'type':'function','name':'f'}],
                 'text':{'format':{'type':'json_object'},'verbosity':'low'},
                 'reasoning':{'effort':'high'},
                 'input':[
                  {'role':'developer','content':'Rules'},
                  {'role':'user','content':[{'type':'input_text','text':'Look'},
                    {'type':'input_image','image_url':'https://e/x.png'}]},
                  {'type':'reasoning','id':'r','summary':[],'encrypted_content':'zz'},
                  {'id':'c','type':'function_call','call_id':'1','name':'f','arguments':'{}'},
                  {'type':'function_call_output','call_id':'1','output':'ok','x':null},
                  {'type':'item_reference','id':'i'}]}
                """))
        .containsExactly(
            "TOOL SYSTEM TOOL <{\"type>:\"function>,\"name>:\"f>}>",
            "SYSTEM SYSTEM TEXT OTHER Rules<\"role>:\"developer>>",
            "MESSAGE USER TEXT IMAGE Look<##>",
            "MESSAGE ASSISTANT THINKING"
                + " <{\"type>:\"reasoning>,\"id>:\"r>,\"summary>:[],\"encrypted_content>:\"zz>}>",
            "MESSAGE ASSISTANT TOOL_USE"
                + " <{\"id>:\"c>,\"type>:\"function_call>,\"call_id>:\"1>,\"name>:\"f>,"
                + "\"arguments>:\"{}>}>",
            "MESSAGE TOOL TOOL_RESULT"
                + " <{\"type>:\"function_call_output>,\"call_id>:\"1>,\"output>:\"ok>}>",
            "MESSAGE OTHER OTHER <{\"type>:\"item_reference>,\"id>:\"i>}>");
    assertThat(prompt.stream()).isTrue();
    assertThat(prompt.maxOutputTokens()).isEqualTo(9);
    assertThat(prompt.hasImages()).isTrue();
    assertThat(parameters(Parameter.Position.AFTER_TOOLS))
        .isEqualTo("<\"response_format>:{\"type>:\"json_object>}>");
    assertThat(parameters(Parameter.Position.AFTER_SYSTEM))
        .isEqualTo("<\"reasoning>:{\"effort>:\"high>}><\"verbosity>:\"low>>");
  }

  @Test
  void responses_previousResponse_isAHistoryElsewhere() {
    scan(Dialect.OPENAI_RESPONSES, "{'input':'And?','previous_response_id':'resp_1'}");

    assertThat(prompt.hasHistory()).isTrue();
    assertThat(text(prompt.historyTextStart(), prompt.historyTextEnd())).isEqualTo("resp_1");
    assertThat(
            verdict(
                Dialect.OPENAI_RESPONSES,
                "{'input':'And?','previous_response_id':'r','conversation':'c'}"))
        .isEqualTo(Verdict.DUPLICATE_KEY);
  }

  @Test
  void converse_withEverything_isReadInCacheOrder() {
    assertThat(
            scan(
                Dialect.BEDROCK_CONVERSE,
                """
                {'messages':[
                  {'role':'user','content':[{'text':'Hel'},{'text':'lo'},
                    {'cachePoint':{'type':'default','ttl':'1h'}},
                    {'image':{'format':'png','source':{'bytes':'AAAA'}}},
                    {'document':{'name':'d','source':{'text':'plain'}}}]},
                  {'role':'assistant','content':[
                    {'reasoningContent':{'reasoningText':{'text':'hm','signature':'s'}}},
                    {'toolUse':{'toolUseId':'1','name':'f','input':{}}}]},
                  {'role':'user','content':[{'toolResult':{'toolUseId':'1','content':[
                    {'json':{'a':1}},{'image':{'format':'png','source':{'bytes':'BBBB'}}}]}}]}],
                 'system':[{'text':'Be brief'},{'cachePoint':{'type':'default'}}],
                 'toolConfig':{'toolChoice':{'auto':{}},
                   'tools':[{'toolSpec':{'name':'f'}},{'cachePoint':{'type':'default'}}]},
                 'inferenceConfig':{'maxTokens':77}}
                """))
        .containsExactly(
            "TOOL SYSTEM TOOL@300 <{\"toolSpec>:{\"name>:\"f>}}>",
            "SYSTEM SYSTEM TEXT@300 Be brief",
            "MESSAGE USER TEXT TEXT@3600 IMAGE DOCUMENT Hello<##><{\"document>:{\"name>:\"d>,"
                + "\"source>:{\"text>:\"plain>}}}>",
            "MESSAGE ASSISTANT THINKING TOOL_USE"
                + " <{\"reasoningContent>:{\"reasoningText>:{\"text>:\"hm>,\"signature>:\"s>}}}>"
                + "<{\"toolUse>:{\"toolUseId>:\"1>,\"name>:\"f>,\"input>:{}}}>",
            "MESSAGE USER TOOL_RESULT <{\"toolResult>:{\"toolUseId>:\"1>,"
                + "\"content>:[{\"json>:{\"a>:1}},<##>]}}>");
    assertThat(prompt.markers()).isEqualTo(3);
    assertThat(prompt.hourMarkers()).isEqualTo(1);
    assertThat(prompt.maxOutputTokens()).isEqualTo(77);
    assertThat(parameters(Parameter.Position.AFTER_SYSTEM))
        .isEqualTo("<\"tool_choice>:{\"auto>:{}}>");
  }

  @Test
  void converse_cachePointFirst_marksNothingThatStandsBefore() {
    assertThat(
            scan(
                Dialect.BEDROCK_CONVERSE,
                "{'system':[{'text':'S'}],'messages':[{'role':'user','content':"
                    + "[{'cachePoint':{'type':'default'}},{'text':'Hi'}]}]}"))
        .containsExactly("SYSTEM SYSTEM TEXT S", "MESSAGE USER TEXT Hi");
    assertThat(prompt.markers()).isEqualTo(1);
  }

  @Test
  void gemini_inEitherSpelling_isReadAlike() {
    String camel =
        """
        {'systemInstruction':{'role':'system','parts':[{'text':'Be brief'}]},
         'tools':[{'functionDeclarations':[{'name':'f'}]}],
         'toolConfig':{'functionCallingConfig':{'mode':'ANY'}},
         'generationConfig':{'maxOutputTokens':12,'thinkingConfig':{'thinkingBudget':0}},
         'contents':[
          {'role':'user','parts':[{'text':'Look'},{'inlineData':{'mimeType':'image/png','data':'AA'}},
             {'fileData':{'mimeType':'application/pdf','fileUri':'gs://b/d'}}]},
          {'role':'model','parts':[{'text':'hm','thought':true},{'functionCall':{'name':'f','args':{}}}]},
          {'role':'user','parts':[{'functionResponse':{'name':'f','response':{'r':1}}}]},
          {'parts':[{'text':'So?','thought':false}]}]}
        """;

    List<String> segments = scan(Dialect.GEMINI, camel);

    assertThat(segments)
        .containsExactly(
            "TOOL SYSTEM TOOL <{\"functionDeclarations>:[{\"name>:\"f>}]}>",
            "SYSTEM SYSTEM TEXT Be brief",
            "MESSAGE USER TEXT IMAGE DOCUMENT Look<##><##>",
            "MESSAGE ASSISTANT THINKING TOOL_USE <{\"text>:\"hm>,\"thought>:true}>"
                + "<{\"functionCall>:{\"name>:\"f>,\"args>:{}}}>",
            "MESSAGE USER TOOL_RESULT"
                + " <{\"functionResponse>:{\"name>:\"f>,\"response>:{\"r>:1}}}>",
            "MESSAGE USER TEXT So?");
    assertThat(prompt.maxOutputTokens()).isEqualTo(12);
    String parameters = parameters(Parameter.Position.AFTER_SYSTEM);
    assertThat(parameters)
        .isEqualTo(
            "<\"tool_choice>:{\"functionCallingConfig>:{\"mode>:\"ANY>}}>"
                + "<\"thinking>:{\"thinkingBudget>:0}>");

    assertThat(
            scan(
                Dialect.GEMINI,
                camel
                    .replace("systemInstruction", "system_instruction")
                    .replace("toolConfig", "tool_config")
                    .replace("generationConfig", "generation_config")
                    .replace("maxOutputTokens", "max_output_tokens")
                    .replace("thinkingConfig", "thinking_config")))
        .isEqualTo(segments);
    assertThat(parameters(Parameter.Position.AFTER_SYSTEM)).isEqualTo(parameters);
  }

  @Test
  void gemini_bothSpellings_areADuplicate() {
    assertThat(
            verdict(
                Dialect.GEMINI,
                "{'contents':[{'parts':[{'text':'a'}]}],"
                    + "'systemInstruction':{'parts':[]},'system_instruction':{'parts':[]}}"))
        .isEqualTo(Verdict.DUPLICATE_KEY);
  }

  @Test
  void gemini_cachedContent_standsForWhatItHolds() {
    assertThat(
            scan(
                Dialect.GEMINI,
                "{'contents':[{'parts':[{'text':'a'}]}],'cachedContent':'cachedContents/7'}"))
        .containsExactly("SYSTEM SYSTEM OTHER <\"cachedContents/7>>", "MESSAGE USER TEXT a");
  }

  @Test
  void responses_instructionsAlone_areNoPrompt() {
    assertThat(verdict(Dialect.OPENAI_RESPONSES, "{'instructions':'Be brief'}"))
        .isEqualTo(Verdict.NO_PROMPT);
    assertThat(verdict(Dialect.OPENAI_RESPONSES, "{'instructions':'Be brief','input':[]}"))
        .isEqualTo(Verdict.NO_PROMPT);
  }

  @Test
  void responses_itemWhoseTypeStandsLast_isNoMessageAllTheSame() {
    assertThat(
            scan(
                Dialect.OPENAI_RESPONSES,
                "{'input':[{'content':{'a':1},'role':7,'type':'x_call'},{'type':'y','content':7}]}"))
        .containsExactly(
            "MESSAGE ASSISTANT TOOL_USE <{\"content>:{\"a>:1},\"role>:7,\"type>:\"x_call>}>",
            "MESSAGE OTHER OTHER <{\"type>:\"y>,\"content>:7}>");
    assertThat(
            verdict(Dialect.OPENAI_RESPONSES, "{'input':[{'content':7,'role':'user','id':'i'}]}"))
        .isEqualTo(Verdict.UNEXPECTED_SHAPE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "BEDROCK_CONVERSE | {'messages':[{'role':'user','content':[{'text':null,'text':'a'}]}]}",
        "GEMINI | {'contents':[{'parts':[{'text':'a','thought':false,'thought':null}]}]}",
        "GEMINI | {'contents':[{'parts':[{'inlineData':{},'inline_data':{}}]}]}",
        "GEMINI | {'contents':[{'parts':[{'fileData':{'mimeType':'a','mime_type':'b'}}]}]}",
      })
  void block_withAFieldTwice_isADuplicate(Dialect dialect, String body) {
    assertThat(verdict(dialect, body)).isEqualTo(Verdict.DUPLICATE_KEY);
  }

  @Test
  void converse_cachePointFirst_marksNoMemberOfTheMessage() {
    assertThat(
            scan(
                Dialect.BEDROCK_CONVERSE,
                "{'messages':[{'x':1,'role':'user','content':[{'cachePoint':{}},{'text':'a'}]}]}"))
        .containsExactly("MESSAGE USER TEXT OTHER a<\"x>:1>");
  }

  @Test
  void cachePoint_outsideOfConverse_isAMemberLikeAnother() {
    assertThat(
            scan(
                Dialect.OPENAI_CHAT,
                "{'messages':[{'role':'user'}],'tools':[{'name':'f'},{'cachePoint':{}}]}"))
        .containsExactly(
            "TOOL SYSTEM TOOL <{\"name>:\"f>}>",
            "TOOL SYSTEM TOOL <{\"cachePoint>:{}}>",
            "MESSAGE USER ");
    assertThat(prompt.markers()).isZero();
  }

  @Test
  void chat_twoNamesForTheSession_theNewerCounts() {
    String body = "{%s,'messages':[{'role':'user'}],%s}";
    String newer = "'session_id':'new'";
    String older = "'session_params':{'id':'old'}";

    scan(Dialect.OPENAI_CHAT, body.formatted(newer, older));
    assertThat(text(prompt.sessionTextStart(), prompt.sessionTextEnd())).isEqualTo("new");
    scan(Dialect.OPENAI_CHAT, body.formatted(older, newer));
    assertThat(text(prompt.sessionTextStart(), prompt.sessionTextEnd())).isEqualTo("new");
    scan(Dialect.OPENAI_CHAT, body.formatted(older, "'x':1"));
    assertThat(text(prompt.sessionTextStart(), prompt.sessionTextEnd())).isEqualTo("old");
  }

  @Test
  void chat_whatElseTheRestNeeds_isFound() {
    scan(
        Dialect.OPENAI_CHAT,
        """
        {'messages':[{'role':'user','content':'Hi'}],'stream':true,
         'stream_options':{'include_usage':true},'user':'u\\n','session_params':{'id':'s'},
         'chat_template_kwargs':{'enable_thinking':false},'reasoning_effort':'low'}
        """);

    assertThat(prompt.includeUsage()).isTrue();
    assertThat(text(prompt.userTextStart(), prompt.userTextEnd())).isEqualTo("u\\n");
    assertThat(text(prompt.sessionTextStart(), prompt.sessionTextEnd())).isEqualTo("s");
    assertThat(parameters(Parameter.Position.START))
        .isEqualTo("<\"chat_template_kwargs>:{\"enable_thinking>:false}>");
    assertThat(prompt.has(Parameter.EFFORT)).isTrue();
    assertThat(prompt.has(Parameter.THINKING)).isFalse();
    assertThat(
            raw(
                prompt.parameterRawStart(Parameter.EFFORT),
                prompt.parameterRawEnd(Parameter.EFFORT)))
        .isEqualTo("\"low\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'messages':[],'model':'m'} | OPENAI_CHAT",
        "{'messages':[],'system':'s'} | ANTHROPIC_MESSAGES",
        "{'messages':[],'anthropic_version':'bedrock-2023-05-31'} | ANTHROPIC_MESSAGES",
        "{'messages':[],'system':[{'type':'text','text':'s'}]} | ANTHROPIC_MESSAGES",
        "{'messages':[],'tools':[{'name':'t','input_schema':{}}]} | ANTHROPIC_MESSAGES",
        "{'messages':[],'tools':[{'type':'function','function':{}}]} | OPENAI_CHAT",
        "{'messages':[],'inferenceConfig':{}} | BEDROCK_CONVERSE",
        "{'messages':[],'system':[{'text':'s'}]} | BEDROCK_CONVERSE",
        "{'messages':[{'content':[{'text':'t'}]}]} | BEDROCK_CONVERSE",
        "{'messages':[{'content':'t'},{'content':[{'image':{}},{'cachePoint':{}}]}]} |"
            + " BEDROCK_CONVERSE",
        "{'messages':[{'content':[{'toolUse':{}}]}]} | BEDROCK_CONVERSE",
        "{'messages':[{'content':[{'x':'t'}]}]} | OPENAI_CHAT",
        "{'messages':[{'content':[{'type':'text','text':'t'}]}]} | OPENAI_CHAT",
        "{'messages':[{'role':'system','content':[{'text':'t'}]}]} | OPENAI_CHAT",
        "{'messages':[{'content':[{'type':'tool_use'}]}]} | ANTHROPIC_MESSAGES",
        "{'messages':[{'content':[{'type':'tool_result'}]}]} | ANTHROPIC_MESSAGES",
        "{'messages':[{'content':[{'type':'image','source':{}}]}]} | ANTHROPIC_MESSAGES",
        "{'messages':[{'content':[{'type':'thinking','signature':'s'}]}]} | ANTHROPIC_MESSAGES",
        "{'messages':[{'content':[{'type':'thinking','thinking':[]}]}]} | OPENAI_CHAT",
        "{'messages':[{'content':[{'type':'tool_use'},{'text':'t'}]}]} |",
        "{'messages':[{'content':[{'type':'image_url'},{'type':'image'}]}]} | OPENAI_CHAT",
        "{'messages':[{'role':'tool','content':[{'type':'image'}]}]} | OPENAI_CHAT",
        "{'messages':[{'tool_calls':[],'content':[{'type':'image'}]}]} | OPENAI_CHAT",
        "{'messages':[],'thinking':{'type':'enabled','budget_tokens':1024}} | ANTHROPIC_MESSAGES",
        "{'messages':[],'thinking':{'type':'enabled'}} | OPENAI_CHAT",
        "{'messages':[],'thinking':{'budget_tokens':1},'seed':1} | OPENAI_CHAT",
        "{'messages':[],'model':'claude-opus-5-5','max_tokens':9} | ANTHROPIC_MESSAGES",
        "{'messages':[],'model':'anthropic/claude-opus','max_tokens':9} | ANTHROPIC_MESSAGES",
        "{'messages':[],'model':'anthropic.claude-v2','max_tokens':9} | ANTHROPIC_MESSAGES",
        "{'messages':[],'model':'claude-opus-5-5'} | OPENAI_CHAT",
        "{'messages':[],'model':'gpt-5.6','max_tokens':9} | OPENAI_CHAT",
        "{'messages':[{'role':'system'}],'model':'claude-opus','max_tokens':9} | OPENAI_CHAT",
        "{'messages':[],'model':'claude-opus','max_tokens':9,'stop':'x'} | OPENAI_CHAT",
        "{'messages':[],'model':'claude','max_tokens':9,'tools':[{'function':{}}]} | OPENAI_CHAT",
        "{'contents':[]} | GEMINI",
        "{'prompt':'p'} | OPENAI_COMPLETIONS",
        "{'input':[{'role':'user'}]} | OPENAI_RESPONSES",
        "{'input':'i','prompt':{'id':'p'},'tools':[]} | OPENAI_RESPONSES",
        "{'input':['a'],'dimensions':8} | OPENAI_EMBEDDINGS",
        "{'input':'i','stream':true} | OPENAI_RESPONSES",
        "{'input':'i','store':false} | OPENAI_RESPONSES",
        "{'input':'i','conversation':'c'} | OPENAI_RESPONSES",
        "{'input':'i','text':{'format':{'type':'text'}}} | OPENAI_RESPONSES",
        "{'input':'i','include':[]} | OPENAI_RESPONSES",
        "{'input':'i','temperature':0} | OPENAI_RESPONSES",
        "{'input':'i','stream':true,'dimensions':8} |",
        "{'input':'i','stream':null} |",
        "{'input':'i','user':'u'} |",
        "{'input':'i'} |",
        "{'messages':[],'contents':[]} |",
        "{'query':'q'} |",
        "[1] |",
        "{'messages':[} |",
        "{'messages':[]} x |",
      })
  void shape_ofABody_tellsItsDialect(String body, Dialect expected) {
    byte[] bytes = body.replace('\'', '"').getBytes(UTF_8);

    assertThat(new BodyShape(LIMITS).dialect(bytes, bytes.length, prompt)).isEqualTo(expected);
  }

  /** Google's own examples write it so. */
  @Test
  void gemini_oneObjectInPlaceOfAnArray_isItsElement() {
    List<String> alone =
        scan(
            Dialect.GEMINI,
            "{'system_instruction':{'parts':{'text':'Be brief'}},"
                + "'contents':{'role':'user','parts':{'text':'Hi'}},"
                + "'tools':{'function_declarations':[{'name':'f'}]}}");

    assertThat(alone)
        .containsExactly(
            "TOOL SYSTEM TOOL <{\"function_declarations>:[{\"name>:\"f>}]}>",
            "SYSTEM SYSTEM TEXT Be brief",
            "MESSAGE USER TEXT Hi");
    assertThat(
            scan(
                Dialect.GEMINI,
                "{'system_instruction':{'parts':[{'text':'Be brief'}]},"
                    + "'contents':[{'role':'user','parts':[{'text':'Hi'}]}],"
                    + "'tools':[{'function_declarations':[{'name':'f'}]}]}"))
        .isEqualTo(alone);
    assertThat(verdict(Dialect.OPENAI_CHAT, "{'messages':{'role':'user','content':'Hi'}}"))
        .isEqualTo(Verdict.UNEXPECTED_SHAPE);
  }

  @Test
  void member_byTwoNamesOneOfThemNull_isGivenOnce() {
    scan(
        Dialect.OPENAI_RESPONSES, "{'input':'Hi','previous_response_id':null,'conversation':null}");
    assertThat(prompt.hasHistory()).isFalse();

    scan(Dialect.OPENAI_RESPONSES, "{'input':'Hi','conversation':'c','previous_response_id':null}");
    assertThat(text(prompt.historyTextStart(), prompt.historyTextEnd())).isEqualTo("c");

    assertThat(
            verdict(
                Dialect.OPENAI_RESPONSES,
                "{'input':'Hi','conversation':'c','previous_response_id':'r'}"))
        .isEqualTo(Verdict.DUPLICATE_KEY);
    assertThat(
            verdict(
                Dialect.OPENAI_RESPONSES, "{'input':'Hi','conversation':null,'conversation':'c'}"))
        .isEqualTo(Verdict.DUPLICATE_KEY);
  }

  @Test
  void anthropic_idsAndTokensOfServers_areInNoParameter() {
    String start = "{'messages':[{'role':'user','content':'Hi'}],";
    scan(Dialect.ANTHROPIC_MESSAGES, start + "'container':'container_1'}");
    assertThat(prompt.has(Parameter.CONTAINER)).isFalse();

    scan(
        Dialect.ANTHROPIC_MESSAGES,
        start
            + "'container':{'id':'container_1','skills':[{'skill_id':'pdf'}]},"
            + "'mcp_servers':[{'authorization_token':'secret','url':'https://e','name':'n'}]}");
    assertThat(parameters(Parameter.Position.START))
        .isEqualTo(
            "<\"mcp_servers>:[{\"url>:\"https://e>,\"name>:\"n>}]>"
                + "<\"container>:{\"skills>:[{\"skill_id>:\"pdf>}]}>");
  }

  /** Found by fuzzing: a tab before {@code ool_result} reads like an ending in canonical text. */
  @Test
  void type_escapeThatReadsLikeAnEnding_isNone() {
    String body =
        "{'messages':[{'role':'user','content':[{'type':'%stool_result','content':'c'}]}]}";

    scan(Dialect.ANTHROPIC_MESSAGES, body.formatted("x_"));
    assertThat(prompt.partKind(0)).isEqualTo(PartKind.TOOL_RESULT);
    scan(Dialect.ANTHROPIC_MESSAGES, body.formatted("\\"));
    assertThat(prompt.partKind(0)).isEqualTo(PartKind.OTHER);
    scan(Dialect.ANTHROPIC_MESSAGES, body.formatted("\\\\"));
    assertThat(prompt.partKind(0)).isEqualTo(PartKind.TOOL_RESULT);
  }

  @Test
  void gemini_mediaResolution_isAParameter() {
    scan(
        Dialect.GEMINI,
        "{'contents':[{'parts':[{'text':'Hi'}]}],"
            + "'generationConfig':{'mediaResolution':'MEDIA_RESOLUTION_LOW'}}");

    assertThat(parameters(Parameter.Position.START))
        .isEqualTo("<\"media_resolution>:\"MEDIA_RESOLUTION_LOW>>");
  }

  /** Whoever doesn't know the seed can't work out two images that look alike. */
  @Test
  void digest_anotherSeed_isAnother() {
    String body =
        "{'messages':[{'role':'user','content':[{'type':'image_url','image_url':{'url':'u'}}]}]}";
    scan(Dialect.OPENAI_CHAT, body);
    byte[] text = java.util.Arrays.copyOf(prompt.text(), prompt.textLength());

    byte[] bytes = body.replace('\'', '"').getBytes(UTF_8);
    PromptScanner seeded = new PromptScanner(LIMITS, 7);
    assertThat(seeded.scan(bytes, bytes.length, Dialect.OPENAI_CHAT, prompt)).isEqualTo(Verdict.OK);
    assertThat(java.util.Arrays.copyOf(prompt.text(), prompt.textLength()))
        .hasSameSizeAs(text)
        .isNotEqualTo(text);
  }

  private Verdict verdict(Dialect dialect, String body) {
    byte[] bytes = body.replace('\'', '"').getBytes(UTF_8);
    return scanner.scan(bytes, bytes.length, dialect, prompt);
  }

  /** Kind, role, kinds of parts with their markers, text with readable frames and digests. */
  private List<String> scan(Dialect dialect, String body) {
    assertThat(verdict(dialect, body)).isEqualTo(Verdict.OK);
    List<String> segments = new ArrayList<>();
    for (int segment = 0; segment < prompt.segments(); segment++) {
      var line = new StringBuilder(prompt.kind(segment) + " " + prompt.role(segment));
      for (int part = prompt.partsStart(segment); part < prompt.partsEnd(segment); part++) {
        line.append(' ').append(prompt.partKind(part));
        if (prompt.partMarker(part) > 0) {
          line.append('@').append(prompt.partMarker(part));
        }
      }
      segments.add(line + " " + text(prompt.textStart(segment), prompt.textEnd(segment)));
    }
    return segments;
  }

  private String parameters(Parameter.Position position) {
    return text(prompt.parametersStart(position), prompt.parametersEnd(position));
  }

  private String raw(int from, int to) {
    return new String(prompt.body(), from, to - from, UTF_8);
  }

  private String text(int from, int to) {
    return new String(prompt.text(), from, to - from, ISO_8859_1)
        .replace('\u00fe', '<')
        .replace('\u00ff', '>')
        .replaceAll("<[0-9a-f]{32}>", "<##>");
  }
}
