# frozen_string_literal: true

RSpec.describe "msgpack-ext dig" do
  let(:document) do
    { "users" => [{ "name" => "ann", "tags" => [] }, { "name" => "bob", "a.b" => "dot", "say \"[x]\"" => "quote" }],
      "1" => "text one", 2 => "number two", "\xFF".b => 1, "bin".b => "binary key", "nil" => nil,
      [1] => { "name" => 0 }, "last" => -1 }
  end

  def dig(path, *options, input: MessagePack.pack(document)) = output_of("dig", *options, "-", path, input: input)

  # Status 4, and nothing printed.
  def expect_nothing(path, input: MessagePack.pack(document))
    expect(command("dig", "-", path, input: input)).to have_attributes(status: 4, stdout: "", stderr: "")
  end

  {
    "users.1.name" => '"bob"', "users[1].name" => '"bob"', '$["users"][1]["name"]' => '"bob"',
    "$[\"users\"][1][:name]" => '"bob"', ".users[-1].name" => '"bob"', "users.-2.name" => '"ann"',
    "users.0.tags" => "[]", "users[0]" => '{"name":"ann","tags":[]}', 'users[1]["a.b"]' => '"dot"',
    'users[1]["say \\"[x]\\""]' => '"quote"', "1" => '"text one"', "2" => '"number two"', "[2]" => '"number two"',
    '["1"]' => '"text one"', "bin" => '"binary key"', "nil" => "null", "last" => "-1"
  }.each do |path, json|
    it "prints what is at #{path}" do
      expect(dig(path)).to eq("#{json}\n")
    end
  end

  it "finds keys by their bytes, in any locale" do
    bytes = MessagePack.pack({ "ü" => { "a\xFF" => 7 } })
    %w[C C.UTF-8].each do |locale|
      run = run_exe("dig", "-", "ü.a\xFF", stdin: bytes, env: { "LC_ALL" => locale })
      expect(run).to have_attributes(stdout: "7\n", stderr: "")
      expect(run_exe("dig", "-", "ü[\xFF", stdin: bytes, env: { "LC_ALL" => locale }).status.exitstatus).to eq(2)
    end
  end

  ["users.2", "users[-3]", "users.name", "users[1].name.x", "last.x", "none", "[1]", '["2"]', "nil.x",
   '[""]'].each do |path|
    it "gives status 4 where nothing is at #{path}" do
      expect_nothing(path)
    end
  end

  it "prints the object itself at $" do
    expect(dig("$", input: "\x92\x01\x02".b)).to eq("[1,2]\n")
  end

  ["users.", "users..name", "users[", "users[x]", 'users["a]', "a]b"].each do |path|
    it "gives status 2 and says where #{path} is not understood" do
      answer = command("dig", "-", path, input: "\x80".b)
      expect(answer).to have_attributes(status: 2, stdout: "")
      expect(answer.stderr).to include("dig: the path #{path.inspect} is not understood from", "users.1.name")
    end
  end

  it "gives status 2 for a path of more than 1,000 steps" do
    expect(dig("[0]" * 1000, input: "#{"\x91" * 1000}\x07".b)).to eq("7\n")
    expect(command("dig", "-", "[0]" * 1001)).to have_attributes(status: 2, stderr: /1001 steps, 1000 are the most/)
  end

  describe "of a stream" do
    let(:stream) { [{ "a" => 1 }, { "b" => 2 }, 5, { "a" => [3] }].map { |object| MessagePack.pack(object) }.join }

    it "prints a line for each object that has something there" do
      expect(dig("a", input: stream)).to eq("1\n[3]\n")
    end

    it "stops after the first with --first, looking at nothing behind it" do
      expect(dig("a", "--first", input: stream + hex("c1"))).to eq("1\n")
    end

    it "prints what is before a fault" do
      answer = command("dig", "-", "a", input: stream + hex("c1"))
      expect(answer).to have_attributes(status: 1, stdout: "1\n[3]\n", stderr: /byte #{stream.bytesize} .* found 0xc1/)
    end

    it "gives status 4 for an empty one" do
      expect_nothing("a", input: "")
    end
  end

  it "takes the last of duplicate keys, as unpacking does" do
    expect(dig("a", input: hex("82 a1 61 01 a1 61 02"))).to eq("2\n")
    expect(dig("a.b", input: hex("82 a1 61 81 a1 62 01 a1 61 81 a1 62 02"))).to eq("2\n")
    expect_nothing("a.b", input: hex("82 a1 61 81 a1 62 01 a1 61 02"))
  end

  it "agrees with Hash#dig and Array#dig wherever it is asked" do
    value = { "a" => [{ "b" => [1, { "c" => 2 }] }, "x" * 300, [[], [3]]], "d" => { "a" => { "b" => 4.5 } } }
    paths = [%w[a], ["a", 0], ["a", 0, "b", 1, "c"], ["a", 1], ["a", 2, 1, 0], ["a", 2, -2], %w[d a b], %w[d]]
    paths.each do |path|
      bytes = dig(path.join("."), "--msgpack", input: MessagePack.pack(value)).b
      expect(MessagePack.unpack(bytes)).to eq(value.dig(*path))
    end
  end

  it "prints other JSON with --plain, and the bytes with --msgpack" do
    bytes = MessagePack.pack({ "a" => { 1 => "\xFF".b } })
    expect(dig("a", input: bytes)).to eq(%({"$map":[[1,{"$bin":"/w=="}]]}\n))
    expect(dig("a", "--plain", input: bytes)).to eq(%({"1":"/w=="}\n))
    expect(dig("a", "--msgpack", input: bytes).b).to eq(hex("81 01 c4 01 ff"))
  end

  it "passes 100,000 levels by, and prints no more than 500" do
    bytes = hex("82 a1 61") + ("\x91".b * 100_000) + hex("c0 a1 62 07")
    expect(dig("b", input: bytes)).to eq("7\n")
    expect(command("dig", "-", "a", input: bytes)).to have_attributes(status: 1, stderr: /deeper than 500 .*--msgpack/)
    expect(dig("a", "--msgpack", input: bytes).bytesize).to eq(100_001)
  end

  ["81", "81 a1 61", "81 a1", "82 a1 61 01", "dd ff ff ff ff", "df ff ff ff ff a1", "91 c1"].each do |digits|
    it "gives status 1 and says what is wrong with #{digits}" do
      answer = command("dig", "-", "a", input: hex(digits))
      expect(answer).to have_attributes(status: 1, stdout: "")
      expect(answer.stderr).to match(/byte \d+ \(0x\h+\): (the input ends (within|where)|found 0xc1)/)
    end
  end
end
