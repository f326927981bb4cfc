package dev.warmpath.extproc.volatility;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReaderTest {

  /** Reads as if the value as a whole differed. */
  private static Reading read(String before, String value, String behind) {
    byte[] text = (before + value + behind).getBytes(UTF_8);
    int start = before.getBytes(UTF_8).length;
    return Reader.read(text, 0, text.length, start, start + value.getBytes(UTF_8).length, false);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CLOCK|2026-11-21T13:58:02Z",
        "CLOCK|2026-11-21T13:58:02.123456+01:00",
        "CLOCK|2026-11-21 13:58:02 UTC",
        "CLOCK|2026/11/21 13:58",
        "CLOCK|Sat, 21 Nov 2026 13:58:02 GMT",
        "CLOCK|Saturday, 21-Nov-26 13:58:02 GMT",
        "CLOCK|Sat Nov 21 13:58:02 UTC 2026",
        "CLOCK|Sat Nov 21 13:58:02 2026",
        "CLOCK|11/21/2026, 1:58 PM",
        "CLOCK|November 21, 2026 at 1:58 PM EST",
        "CLOCK|Nov 21, 2026 1:58:02 p.m.",
        "CLOCK|21.11.2026 13:58 Uhr",
        "CLOCK|21.11.2026, 13:58:02",
        "CLOCK|Samstag, 21. November 2026, 13:58 Uhr",
        "CLOCK|21 novembre 2026 à 13h58",
        "CLOCK|13:58 on Saturday",
        "CLOCK|13:58",
        "CLOCK|9:05 am",
        "CLOCK|5 PM",
        "CLOCK|13.58 Uhr",
        "CLOCK|23:59:59.999 CET",
        "CLOCK|20261121T135802Z",
        "CLOCK|20261121135802",
        "CLOCK|20261121-135802",
        "CLOCK|2026-11-21_13-58-02",
        "CLOCK|23/Aug/2025:16:42:56 +0000",
        "CLOCK|8 de dezembro de 2025 às 13h06",
        "CLOCK|2025年8月1日(金) 10:58",
        "CLOCK|2025年8月2日 星期六 10时46分",
        "CLOCK|上午10:46",
        "CLOCK|2025년 3월 20일 오전 11시 04분",
        "EPOCH|1795269482",
        "EPOCH|1795269482123",
        "EPOCH|1795269482.123",
        "DATE|2026-11-21",
        "DATE|2026/11/21",
        "DATE|21.11.2026",
        "DATE|21.11.26",
        "DATE|11/21/2026",
        "DATE|21/11/2026",
        "DATE|November 21, 2026",
        "DATE|Nov 21 2026",
        "DATE|21st of November 2026",
        "DATE|November 21st, 2026",
        "DATE|21 Nov 2026",
        "DATE|21-Nov-2026",
        "DATE|Saturday, November 21, 2026",
        "DATE|Saturday, 21 November",
        "DATE|Samstag, den 21. März 2026",
        "DATE|21 de noviembre de 2026",
        "DATE|Saturday",
        "DATE|Mittwoch",
        "DATE|2026-W47",
        "DATE|20261121",
        "DATE|November 2026",
        "DATE|Q4 2026",
        "DATE|2026年11月21日",
        "DATE|2025年9月24日星期三",
        "DATE|令和7年9月24日",
        "DATE|2025년 5월 5일 (월)",
        "DATE|3 gennaio 2025",
        "DATE|3 de outubro de 2025",
        "DATE|5 augustus 2025",
        "DATE|lundi 3 février 2025",
        "DATE|3 января 2025",
        "DATE|terça-feira, 4 de março de 2025",
        "UUID|550e8400-e29b-41d4-a716-446655440000",
        "UUID|550E8400-E29B-41D4-A716-446655440000",
        "BARE_UUID|550e8400e29b41d4a716446655440000",
        "HEX_32|550e8400e29b01d4a716446655440000",
        "HEX|8f3a9c01",
        "HEX|0x1f9a33",
        "HEX|0X12AB",
        "TOKEN|01JD8Z4Q2M7Y6W5V4T3S2R1QPN",
        "TOKEN|V1StGXR8_Z5jdHi6B-myT",
        "TOKEN|c2Vzc2lvbi0xMjM0NTY3ODkw",
        "TOKEN|dGhpcyBpcyBhIHRlc3Q/",
        "TOKEN|otter-42",
        "NUMBER|000042",
        "NUMBER|4711",
        "NUMBER|1,204",
        "EMAIL|alice.miller@example.org",
        "EMAIL|katrin.o'neil@example.org",
        "NAME|Alice",
        "NAME|Łukasz",
        "FULL_NAME|Alice Miller",
        "FULL_NAME|Jean-Luc O'Neil",
        "FULL_NAME|Ludwig van Beethoven",
        "FULL_NAME|Dr. Ana Lopez",
        "FULL_NAME|Ayşe Demir",
        "WORDS|Nordwind AG",
        "WORD|cheerful",
        "WORDS|a rather long remark"
      })
  void read_value_isTakenForWhatItIs(String form, String value) {
    Reading reading = read("Here stands ", value, " and more text.");

    assertThat(reading.form()).isEqualTo(Form.valueOf(form));
    assertThat(reading.start()).isEqualTo("Here stands ".length());
  }

  @Test
  void read_partOfATimeDiffers_readsTheWhole() {
    byte[] text = "now: 2026-11-21T13:58:02Z.".getBytes(UTF_8);

    Reading reading = Reader.read(text, 0, text.length, 22, 24, false);

    assertThat(reading.form()).isEqualTo(Form.CLOCK);
    assertThat(reading.start()).isEqualTo(5);
    assertThat(reading.end()).isEqualTo(25);
  }

  @ParameterizedTest
  @CsvSource({
    "USER,You are talking to ",
    "USER,user: ",
    "USER,'{\"userName\":\"'",
    "USER,User ID: ",
    "ID,Session ID: ",
    "DIGEST,trace=",
    "ID,\"The user's request id is \"",
    "COUNT,This is attempt ",
    "VERSION,Build ",
    "NONE,The weather is ",
    "USER,@",
    "USER,Tu alumna se llama ",
    "USER,当前客人：",
    "USER,お客様のお名前は",
    "COUNT,这是今天第",
    "ID,Message-ID: <",
    "NONE,You help a customer. Interaction ",
    "NONE,'Chat with the customer, no. '"
  })
  void cue_wordsBefore_sayWhatItIs(Cue cue, String before) {
    assertThat(read(before, "4711", "\n").cue()).isEqualTo(cue);
  }

  @ParameterizedTest
  @CsvSource({"USER,様です。", "USER,님", "COUNT,件目の", "NONE,と"})
  void cue_charactersBehind_sayWhatItIs(Cue cue, String behind) {
    assertThat(read("本日", "4711", behind).cue()).isEqualTo(cue);
  }

  @Test
  void read_titleDiffers_readsTheNameBehindIt() {
    byte[] text = "Greet with \"Dear Dr. Trent\".".getBytes(UTF_8);
    int title = 17;

    Reading reading = Reader.read(text, 0, text.length, title, title + 2, false);

    assertThat(reading.form()).isEqualTo(Form.FULL_NAME);
    assertThat(reading.start()).isEqualTo(title);
    assertThat(reading.end()).isEqualTo(title + "Dr. Trent".length());
  }

  @Test
  void read_lineInserted_findsTheValueInIt() {
    String line = "Please note: the time is 13:58.\n";
    byte[] text = (line + "Be kind.").getBytes(UTF_8);

    Reading reading = Reader.read(text, 0, text.length, 0, line.length(), true);

    assertThat(reading.form()).isEqualTo(Form.CLOCK);
    assertThat(reading.start()).isEqualTo(line.indexOf("13:58"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "3|Order 88-|015",
        "6|Order 1.488.|015",
        "3|Order 88 |015",
        "0|Order |88-015",
        "0|On 2026-11-21 |015",
        "0|At 13:58:02 |015",
        "0|Rows 1 2 3 4 5 6 7 8 |015",
        "0|Model b7-|015",
        "0|Order 88-|abc"
      })
  void value_ofANumberInGroups_tellsWhatIsAheadOfIt(int ahead, String before, String value) {
    assertThat(read(before, value, " today").ahead()).isEqualTo(ahead);
  }
}
