package dev.warmpath.e2e.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class RenderedPromptTest {
  @Test
  void tokens_plainText_isBytesByFourRoundedUp() throws JsonProcessingException {
    assertThat(prompt("{'messages':[{'role':'user','content':'123456789'}]}").tokens())
        .isEqualTo(3);
    assertThat(prompt("{'messages':[{'role':'user','content':'äöü'}]}").tokens()).isEqualTo(2);
  }

  @Test
  void chain_sameTextInPartsOrEscaped_isTheSame() throws JsonProcessingException {
    long[] plain = chain("{'messages':[{'role':'user','content':'abcdefghijklmnop'}]}");
    assertThat(plain).hasSize(2);
    assertThat(chain("{'messages':[{'content':'abc\\u0064efghijklmnop','role':'user'}]}"))
        .isEqualTo(plain);
    assertThat(
            chain(
                "{'messages':[{'role':'user','content':[{'type':'text','text':'abcdefg'},"
                    + "{'type':'text','text':'hijklmnop'}]}]}"))
        .isEqualTo(plain);
  }

  @Test
  void chain_longerPrompt_startsWithTheShorterOne() throws JsonProcessingException {
    long[] one = chain("{'messages':[{'role':'user','content':'abcdefghijklmnop'}]}");
    long[] two =
        chain(
            "{'messages':[{'role':'user','content':'abcdefghijklmnop'},"
                + "{'role':'assistant','content':'abcdefgh'}]}");
    assertThat(two).hasSize(3).startsWith(one);
  }

  @Test
  void chain_otherRoleSaltOrTools_sharesNothing() throws JsonProcessingException {
    long first = chain("{'messages':[{'role':'user','content':'abcdefgh'}]}")[0];
    assertThat(chain("{'messages':[{'role':'system','content':'abcdefgh'}]}")[0])
        .isNotEqualTo(first);
    assertThat(chain("{'cache_salt':'t','messages':[{'role':'user','content':'abcdefgh'}]}")[0])
        .isNotEqualTo(first);
    assertThat(
            chain("{'tools':[{'type':'x'}],'messages':[{'role':'user','content':'abcdefgh'}]}")[0])
        .isNotEqualTo(first);
  }

  @Test
  void of_noMessages_throws() {
    assertThatThrownBy(() -> prompt("{'messages':[]}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected");
  }

  private static long[] chain(String json) throws JsonProcessingException {
    return prompt(json).chain(2);
  }

  private static RenderedPrompt prompt(String json) throws JsonProcessingException {
    return RenderedPrompt.of(new ObjectMapper().readTree(json.replace('\'', '"')));
  }
}
