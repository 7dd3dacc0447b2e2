# frozen_string_literal: true

require "stringio"

# What the unpacker itself builds is frozen to the bottom, its strings are interned; what handlers give is left alone.
RSpec.describe MessagePack::Unpacker, "with freeze: true" do
  subject(:unpacker) { described_class.new(freeze: true) }

  # Every object in a structure: keys, values, elements, and what an ExtType holds.
  def parts(object)
    case object
    when Array then [object, *object.flat_map { |item| parts(item) }]
    when Hash then [object, *object.flat_map { |pair| pair.flat_map { |item| parts(item) } }]
    when MessagePack::ExtType then [object, object.data]
    else [object]
    end
  end

  # Fails unless all parts are frozen and all Strings among them interned.
  def expect_deeply_frozen(object)
    all = parts(object)
    expect(all).to all(be_frozen)
    all.grep(String).each { |string| expect(string).to equal(-string) }
    expect(Ractor.shareable?(object)).to be(true)
    object
  end

  values = {
    "nil, booleans and integers" => [nil, true, false, 0, -1, 127, -128, 2**32, (2**64) - 1, -(2**63)],
    "floats" => [1.5, 0.1, Float::INFINITY, 1e300],
    "strings" => ["", "a", "a longer one, that exceeds what is embedded in an object", "é", "x" * 300, "y" * 70_000],
    "invalid UTF-8" => ["\xFF", "a\xC3"],
    "binary" => ["".b, "\xFF".b, "b".b * 300],
    "empty containers" => [[], {}, [[]], [{}], { "a" => {} }, { "a" => [] }],
    "containers in containers" => { "a" => [1, { "b" => ["c", { "d" => nil }] }], "e" => { "f" => { "g" => "h" } } },
    "odd keys" => { nil => 1, 1.5 => 2, [1, "a"] => 3, { "k" => ["v"] } => 4, true => 5, "b".b => 6, 2**63 => 7 },
    "the same string often" => ["same", "same", { "same" => "same" }, ["same".b]]
  }

  values.each do |name, value|
    it "freezes #{name}, whole or byte by byte" do
      message = MessagePack.pack(value)
      expect(expect_deeply_frozen(unpacker.feed(message).read)).to eq(value)
      next if message.bytesize > 1000

      message.each_char { |byte| unpacker.feed(byte) }
      expect(expect_deeply_frozen(unpacker.read)).to eq(value)
    end
  end

  it "freezes an object that stands alone" do
    ["a", [], {}, "b".b, 2**63].each do |value|
      expect(expect_deeply_frozen(unpacker.feed(MessagePack.pack(value)).read)).to eq(value)
    end
  end

  # What has been met before is looked up by its length and its ends.
  it "tells Strings apart that begin and end alike" do
    texts = Array.new(600) { |i| format("the same%03dthe same", i) }
    texts += texts.map { |text| text[3..-4] } + texts.map { |text| text[8, 3] }
    message = MessagePack.pack([texts, texts.map(&:b)])
    2.times do
      found = unpacker.feed(message).read
      expect(found).to eq([texts, texts.map(&:b)])
      expect(parts(found)).to all(be_frozen)
    end
  end

  it "gives texts and binaries of the same bytes each their encoding" do
    message = MessagePack.pack(["same", "same".b, { "same" => "same".b }, "same"])
    2.times do
      text, bytes, map, last = expect_deeply_frozen(unpacker.feed(message).read)
      expect([text, bytes, *map.to_a.flatten, last].map(&:encoding))
        .to eq([Encoding::UTF_8, Encoding::BINARY, Encoding::UTF_8, Encoding::BINARY, Encoding::UTF_8])
    end
  end

  it "gives the same Strings with and without a cache, one-shot and kept" do
    message = MessagePack.pack(["value", { "value" => "value" }])
    found = [MessagePack.unpack(message, freeze: true), MessagePack.unpack(message, freeze: true, key_cache: false),
             unpacker.feed(message).read, described_class.new(freeze: true, key_cache: false).feed(message).read]
    strings = found.flat_map { |object| parts(object).grep(String) }
    expect(strings).to all(equal(-"value"))
  end

  it "leaves Strings that others get alone" do
    message = MessagePack.pack(%w[mine mine])
    expect(expect_deeply_frozen(unpacker.feed(message).read)).to eq(%w[mine mine])
    one, other = MessagePack.unpack(message)
    expect([one << "!", other]).to eq(%w[mine! mine])
  end

  it "keeps encodings" do
    expect(unpacker.feed(hex("92 a1 61 c4 01 61")).read.map(&:encoding)).to eq([Encoding::UTF_8, Encoding::BINARY])
  end

  it "gives the same String object again and again, in other unpackers too" do
    long = "l" * 100
    first, second, other = [unpacker, unpacker, described_class.new(freeze: true)].map do |each|
      each.feed(MessagePack.pack([long, "b".b])).read
    end
    expect([second, other]).to all(match([equal(first[0]), equal(first[1])]))
  end

  # Beyond 4,096 entries a container is filled in batches: it can't be frozen before the last.
  [4_095, 4_096, 4_097, 8_192, 12_289].each do |size|
    it "freezes containers of #{size} entries" do
      array = Array.new(size) { |number| "item #{number}" }
      hash = array.each_with_index.to_h
      expect(expect_deeply_frozen(unpacker.feed(MessagePack.pack(array)).read)).to eq(array)
      expect(expect_deeply_frozen(unpacker.feed(MessagePack.pack({ "in" => hash })).read)).to eq({ "in" => hash })
    end
  end

  it "freezes containers of many entries that come in pieces" do
    array = Array.new(5_000) { |number| { "k#{number}" => [number] } }
    objects = []
    MessagePack.pack(array).each_char.each_slice(997) do |piece|
      unpacker.feed_each(piece.join) { |object| objects << object }
    end
    expect(objects).to eq([array])
    expect_deeply_frozen(objects[0])
  end

  it "freezes large maps with odd keys" do
    hash = (0...5_000).to_h { |number| [[number, "k"], number.to_s] }
    expect(expect_deeply_frozen(unpacker.feed(MessagePack.pack(hash)).read)).to eq(hash)
  end

  it "freezes what shares a large fed String" do
    source = MessagePack.pack(["z" * 700_000, "tail"])
    copy = source.dup
    object = expect_deeply_frozen(unpacker.feed_reference(source).read)
    source.setbyte(100, 0x41)
    expect(object).to eq(["z" * 700_000, "tail"])
    expect(source).not_to eq(copy)
  end

  it "leaves the last of duplicate keys" do
    expect(expect_deeply_frozen(unpacker.feed(hex("82 a1 61 a1 62 a1 61 a1 63")).read)).to eq({ "a" => "c" })
  end

  it "goes with symbolize_keys" do
    unpacker = described_class.new(freeze: true, symbolize_keys: true)
    object = unpacker.feed(MessagePack.pack({ "a" => "b", 1 => { "c" => ["d"] } })).read
    expect(expect_deeply_frozen(object)).to eq({ a: "b", 1 => { c: ["d"] } })
  end

  it "leaves what was fed as it is" do
    source = MessagePack.pack(["a", "b" * 100, { "c" => "d" }])
    unpacker.feed(source).read
    expect(source).not_to be_frozen
  end

  it "is for objects that are resumed after an underflow, and for each" do
    message = MessagePack.pack(["a", { "b" => ["c"] }])
    unpacker.feed(message[0, 4])
    expect_underflow { unpacker.read }
    unpacker.feed(message[4..] + message)
    objects = []
    unpacker.each { |object| objects << object }
    expect(objects).to eq([["a", { "b" => ["c"] }]] * 2)
    objects.each { |object| expect_deeply_frozen(object) }
  end

  describe "extended types" do
    it "freezes ExtType and its data" do
      object = unpacker.feed(bytes(0x92, ext_bytes(5, "abcd"), 0x81, ext_bytes(-7, ""), ext_bytes(6, "x" * 300))).read
      expect_deeply_frozen(object)
      expect(object[0]).to eq(MessagePack::ExtType.new(5, "abcd"))
      expect(object[1].values).to eq([MessagePack::ExtType.new(6, "x" * 300)])
    end

    it "freezes ExtensionValue, which allow_unknown_ext makes" do
      unpacker = described_class.new(freeze: true, allow_unknown_ext: true)
      object = expect_deeply_frozen(unpacker.feed(ext_bytes(5, "abcd")).read)
      expect(object).to be_an_instance_of(MessagePack::ExtensionValue)
      expect(object.payload).to eq("abcd")
    end

    it "leaves alone what a handler is given and what it gives" do
      seen = nil
      unpacker.register_type(5) { |data| (seen = data) && ["made", +"here"] }
      object = unpacker.feed(bytes(0x92, ext_bytes(5, "abcd"), 0xa1, "b")).read
      expect(object).to eq([%w[made here], "b"])
      expect([object, object[1]]).to all(be_frozen)
      expect([object[0], object[0][1], seen]).not_to include(be_frozen)
      expect(seen << "!").to eq("abcd!")
    end

    it "leaves alone what a handler gives as key, root, or in a large container" do
      unpacker.register_type(5) { |data| [data] }
      key = unpacker.feed(bytes(0x81, ext_bytes(5, "k"), 0xa1, "v")).read.keys.first
      root = unpacker.feed(ext_bytes(5, "r")).read
      many = unpacker.feed(bytes(0xdc, [5_000].pack("n"), ext_bytes(5, "m") * 5_000)).read
      expect([key, root, many[0], many[-1]]).to eq([["k"], ["r"], ["m"], ["m"]])
      expect([key, root, many[0], many[-1]]).not_to include(be_frozen)
      expect(many).to be_frozen
    end

    it "is inherited by the child unpacker of a recursive type" do
      content = nil
      factory = box_factory(unpacker: ->(child) { FactoryHelpers::Box.new(content = child.read) })
      box = factory.load(factory.dump(FactoryHelpers::Box.new(["a", { "b" => "c" }])), freeze: true)
      expect(expect_deeply_frozen(content)).to eq(["a", { "b" => "c" }])
      expect(box).not_to be_frozen
    end
  end

  describe "elsewhere" do
    let(:value) { ["a", { "b" => ["c".b, 1.5] }] }
    let(:message) { MessagePack.pack(value) }

    {
      "MessagePack.unpack" => ->(bytes) { MessagePack.unpack(bytes, freeze: true) },
      "MessagePack.load from an io" => ->(bytes) { MessagePack.load(StringIO.new(bytes), freeze: true) },
      "Factory#load" => ->(bytes) { MessagePack::Factory.new.load(bytes, freeze: true) },
      "Factory#unpacker" => ->(bytes) { MessagePack::Factory.new.unpacker(freeze: true).feed(bytes).read },
      "Pool#load" => ->(bytes) { MessagePack::Factory.new.pool(1, freeze: true).load(bytes) },
      "full_unpack" => ->(bytes) { MessagePack::Unpacker.new(freeze: true).feed(bytes).full_unpack }
    }.each do |name, load|
      it "is an option of #{name}" do
        expect(expect_deeply_frozen(load.call(message))).to eq(value)
      end
    end

    it "is off where it is not asked for" do
      [{}, { freeze: false }, { freeze: nil }].each do |options|
        object = described_class.new(options).feed(message).read
        expect([object, object[0], object[1], object[1]["b"], object[1]["b"][0]]).not_to include(be_frozen)
      end
    end
  end

  describe "#freeze?" do
    it "tells the option, not the unpacker's own state" do
      expect([unpacker.freeze?, described_class.new.freeze?, described_class.new(freeze: false).freeze?])
        .to eq([true, false, false])
      expect(described_class.new(freeze: 1).freeze?).to be(true)
      expect(described_class.new.freeze.freeze?).to be(false)
      expect(unpacker).not_to be_frozen
    end
  end
end
