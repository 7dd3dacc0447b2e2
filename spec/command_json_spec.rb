# frozen_string_literal: true

require "json"

RSpec.describe "msgpack-ext to-json and from-json" do
  def to_json_of(bytes, *options) = output_of("to-json", *options, input: bytes.b)

  # The bytes that from-json writes.
  def from_json(text, *options) = output_of("from-json", *options, input: text).b

  def complaint(name, input, *options)
    answer = command(name, *options, input: input)
    expect(answer.status).to eq(1)
    answer.stderr
  end

  def timestamp(sec, nsec = 0)
    MessagePack::ExtType.from_exttype(-1, MessagePack::Timestamp.to_msgpack_ext(sec, nsec))
  end

  describe "values that JSON has a form for" do
    {
      nil => "null", true => "true", false => "false", 0 => "0", -1 => "-1", 1.5 => "1.5", 1.0 => "1.0", -0.0 => "-0.0",
      ((2**53) + 1) => "9007199254740993", ((2**64) - 1) => "18446744073709551615",
      -(2**63) => "-9223372036854775808", "" => '""', "ü \"\n\u2028" => "\"ü \\\"\\n\u2028\"",
      [] => "[]", {} => "{}", [1, [2]] => "[1,[2]]", { "a" => { "b" => nil } } => '{"a":{"b":null}}'
    }.each do |value, json|
      it "are written and read: #{json}" do
        expect(to_json_of(MessagePack.pack(value))).to eq("#{json}\n")
        expect(from_json(json)).to eq(MessagePack.pack(value))
      end
    end
  end

  describe "values that JSON has no form for" do
    binary = "\x00\xFF".b
    {
      binary => ['{"$bin":"AP8="}', '"AP8="'],
      "a\xFF" => ['{"$str":"Yf8="}', "\"a\uFFFD\""],
      Float::NAN => ['{"$float":"NaN"}', "null"],
      -Float::INFINITY => ['{"$float":"-Infinity"}', "null"],
      MessagePack::ExtType.new(5, "abc") => ['{"$ext":[5,"YWJj"]}', '{"type":5,"data":"YWJj"}'],
      MessagePack::ExtType.from_exttype(-1, "abc") => ['{"$ext":[-1,"YWJj"]}', '{"type":-1,"data":"YWJj"}'],
      { 1 => 2, nil => [] } => ['{"$map":[[1,2],[null,[]]]}', '{"1":2,"null":[]}'],
      { binary => 1 } => ['{"$map":[[{"$bin":"AP8="},1]]}', "{\"\\u0000\uFFFD\":1}"],
      { [1, "a"] => 1 } => ['{"$map":[[[1,"a"],1]]}', '{"[1,\"a\"]":1}'],
      { "$bin" => 1 } => ['{"$map":[["$bin",1]]}', '{"$bin":1}'],
      { "$bin" => 1, "b" => 2 } => ['{"$bin":1,"b":2}', '{"$bin":1,"b":2}']
    }.each do |value, (tagged, plain)|
      it "are objects of one key, and come back from them: #{tagged}" do
        expect(to_json_of(MessagePack.pack([value]))).to eq("[#{tagged}]\n")
        expect(from_json("[#{tagged}]")).to eq(MessagePack.pack([value]))
      end

      it "are as usual with --plain: #{plain}" do
        expect(to_json_of(MessagePack.pack([value]), "--plain")).to eq("[#{plain}]\n")
      end
    end

    {
      [0, 0] => "1970-01-01T00:00:00Z", [1_714_979_289, 500_000_000] => "2024-05-06T07:08:09.5Z",
      [-1, 999_999_999] => "1969-12-31T23:59:59.999999999Z", [2**40, 1] => "36812-02-20T00:36:16.000000001Z",
      [-(2**63), 0] => "-292277022657-01-27T08:29:52Z", [(2**63) - 1, 0] => "292277026596-12-04T15:30:07Z"
    }.each do |(sec, nsec), text|
      it "are timestamps as text: #{text}" do
        bytes = MessagePack.pack(timestamp(sec, nsec))
        expect(to_json_of(bytes)).to eq(%({"$timestamp":"#{text}"}\n))
        expect(to_json_of(bytes, "--plain")).to eq(%("#{text}"\n))
        expect(from_json(%({"$timestamp":"#{text}"}))).to eq(bytes)
      end
    end

    ['{"$bin":"a"}', '{"$bin":1}', '{"$str":null}', '{"$ext":[128,""]}', '{"$ext":["",5]}', '{"$float":"nan"}',
     '{"$map":[[1]]}', '{"$map":{}}', '{"$timestamp":"2024-02-31T00:00:00Z"}', '{"$timestamp":"today"}',
     '{"$timestamp":"2024-01-01T24:00:00Z"}'].each do |text|
      it "are not taken out of #{text}, unless --plain says that it is a map" do
        expect(complaint("from-json", "[#{text}]")).to include("line 1 (byte 0): \"$", "with --plain")
        expect(from_json("[#{text}]", "--plain")).to eq(MessagePack.pack([JSON.parse(text)]))
      end
    end
  end

  describe "streams" do
    let(:values) { [1, { "a" => ["b", "]"] }, "c\\", nil, [], -2.5, "ü"] }
    let(:packed) { values.map { |value| MessagePack.pack(value) }.join }

    it "are a line an object" do
      expect(to_json_of(packed)).to eq(values.map { |value| "#{JSON.generate(value)}\n" }.join)
    end

    it "are indented with --pretty, which is read as well" do
      pretty = to_json_of(packed, "--pretty")
      expect(pretty).to include("{\n  \"a\": [\n    \"b\",")
      expect(from_json(pretty)).to eq(packed)
    end

    { "lines" => "\n", "lines of other systems" => "\r\n", "blanks" => " \t", "record separators" => "\n\x1E" }
      .each do |name, separator|
        it "are read with #{name} in between" do
          expect(from_json(values.map { |value| JSON.generate(value) }.join(separator))).to eq(packed)
        end
      end

    it "are read with nothing in between, where it is clear what ends" do
      expect(from_json('{"a":1}[2]"x"3"y"[]')).to eq([{ "a" => 1 }, [2], "x", 3, "y", []].map(&:to_msgpack).join)
    end

    it "are read with a byte order mark before them" do
      expect(from_json("\uFEFF[1]")).to eq("\x91\x01".b)
    end

    it "are read whatever pieces they come in" do
      text = values.map { |value| JSON.generate(value) }.join("\n")
      io = StringIO.new(text)
      io.define_singleton_method(:readpartial) { |_, out| super(1, out) }
      require "msgpack/command"
      out = StringIO.new(+"")
      MessagePack::Command.run(["from-json"], stdin: io, stdout: out, stderr: $stderr)
      expect(out.string.b).to eq(packed)
    end

    it "may be empty" do
      expect(to_json_of("")).to eq("")
      expect(from_json(" \n")).to eq("")
    end
  end

  describe "to-json" do
    it "writes what is before a fault, and says where the fault is" do
      answer = command("to-json", input: "\x01\x92\x02\xC1".b)
      expect(answer).to have_attributes(status: 1, stdout: "1\n")
      expect(answer.stderr).to match(/standard input: byte 0xc1 .* at byte 3; `msgpack-ext inspect` shows/)
    end

    it "says that the last object is cut off" do
      answer = command("to-json", input: "\x01\x92\x02".b)
      expect(answer).to have_attributes(status: 1, stdout: "1\n")
      expect(answer.stderr).to include("byte 3 (0x3): the input ends within the object that begins at byte 1")
      expect(complaint("to-json", "\xDB\xFF\xFF\xFF\xFF".b)).to include("within the object that begins at byte 0")
    end

    it "writes 500 levels, and says that it writes no more" do
      expect(to_json_of("#{"\x91" * 500}\x01")).to eq("#{"[" * 500}1#{"]" * 500}\n")
      expect(complaint("to-json", "\x91".b * 100_000))
        .to include("500 levels", " at byte 500; ", "`msgpack-ext inspect`")
    end
  end

  describe "from-json" do
    {
      "[1" => "line 1 (byte 0): the input ends within the JSON value",
      "1\n\n {\"a\":\n\"b" => "line 3 (byte 4): the input ends within the JSON value",
      "1\n[}" => 'line 2 (byte 2): found "[}", which is no JSON value',
      "1 , 2" => 'line 1 (byte 2): found ","',
      "{\n}\nNaN" => 'line 3 (byte 4): found "NaN"',
      "nul" => 'found "nul"',
      "[\"#{"x" * 100}\",]" => "found \"[\\\"#{"x" * 38}\"...",
      "[1e999]" => "found a number beyond what a float can hold",
      "[18446744073709551616]" => "packed (at $[0]); write it as a string",
      "[\"\xFF\"]" => "found invalid UTF-8",
      "[" * 501 => "line 1 (byte 0): the JSON value that begins here is nested deeper than 500 levels"
    }.each do |text, message|
      it "says what is wrong with #{text[0, 24].inspect}" do
        expect(complaint("from-json", text)).to include(message)
      end
    end

    it "writes what is before a fault" do
      answer = command("from-json", input: "[1]\n2 nul")
      expect(answer.status).to eq(1)
      expect(answer.stdout.b).to eq("\x91\x01\x02".b)
    end

    it "reads 500 levels" do
      expect(from_json("#{"[" * 500}#{"]" * 500}")).to eq("#{"\x91" * 499}\x90".b)
    end
  end

  it "lead back to the same bytes through a pipe of both" do
    value = { "id" => 2**63, "t" => timestamp(1, 5), "b" => "\xFF".b, 5 => [nil, { 1.5 => Float::INFINITY }] }
    bytes = MessagePack.pack(value) * 50
    json = run_exe("to-json", stdin: bytes)
    expect(json).to be_success, json.to_s
    back = run_exe("from-json", stdin: json.stdout)
    expect(back.stdout.b).to eq(bytes)
    expect(back).to be_success, back.stderr
  end
end
