# frozen_string_literal: true

RSpec.describe MessagePack::Packer, "with sort_keys: true" do
  let(:packer) { described_class.new(sort_keys: true) }
  let(:wide) { Array.new(300) { |n| ["key #{(n * 7919) % 300}", n] }.to_h }

  def packed(object)
    packer.write(object).full_pack
  end

  # By the contract, in Ruby: pairs in the order of their packed keys; equal ones as they came.
  def canonical(object)
    case object
    when Hash
      pairs = object.map { |key, value| [canonical(key), canonical(value)] }
      ordered = pairs.each_with_index.sort_by { |(key, _), index| [key, index] }.map(&:first)
      described_class.new.write_map_header(pairs.size).to_s + ordered.join
    when Array then described_class.new.write_array_header(object.size).to_s + object.map { |one| canonical(one) }.join
    else MessagePack.pack(object)
    end
  end

  it "writes maps in the order of their packed keys" do
    expect(packed({ "b" => 1, "a" => 2, "ab" => 3 })).to eq(hex("83 a1 61 02 a1 62 01 a2 61 62 03"))
    expect(packed({ 1 => "i", "a" => "s", nil => "n", -1 => "m", 1.5 => "f", true => "t", :b => "y" }))
      .to eq(hex("87 01 a1 69 a1 61 a1 73 a1 62 a1 79 c0 a1 6e c3 a1 74 cb 3f f8 00 00 00 00 00 00 a1 66 ff a1 6d"))
  end

  it "gives equal Hashes the same bytes, whatever order they have" do
    pairs = wide.to_a
    orders = [pairs, pairs.reverse, pairs.rotate(100)].map(&:to_h)
    expect(orders.map { |hash| packed(hash) }.uniq.size).to eq(1)
    expect(packed(wide)).to eq(canonical(wide))
    expect(MessagePack.unpack(packed(wide))).to eq(wide)
  end

  it "writes maps in maps and in arrays so, however deep, and as keys" do
    object = { "z" => [{ "b" => { "y" => 1, "x" => 2 }, "a" => [] }], "a" => { { "d" => 1, "c" => 2 } => 0, [] => 1 } }
    expect(packed(object)).to eq(canonical(object))
    expect(packed({ { "d" => 1, "c" => 2 } => 0 })).to eq(hex("81 82 a1 63 02 a1 64 01 00"))
    nested = (0...200).inject("core") { |inner, n| { "b" => n, "a" => inner } }
    expect(packed(nested)).to eq(canonical(nested))
  end

  it "leaves keys that are packed alike as they came" do
    expect(packed({ "b" => 0, :a => 1, "a" => 2 })).to eq(hex("83 a1 61 01 a1 61 02 a1 62 00"))
    expect(packed({ "a" => 2, "b" => 0, :a => 1 })).to eq(hex("83 a1 61 02 a1 61 01 a1 62 00"))
    same = Array.new(50) { |n| [Struct.new(:n) { def to_msgpack(packer) = packer.write("k") }.new(n), n] }.to_h
    expect(packed(same)).to eq(hex("de 00 32") + Array.new(50) { |n| bytes(0xa1, "k", n) }.join)
  end

  it "writes maps of none and of one pair as ever" do
    expect(packed({})).to eq(hex("80"))
    expect(packed({ "a" => { 1 => {} } })).to eq(hex("81 a1 61 81 01 80"))
  end

  it "orders keys of all lengths and kinds" do
    keys = ["", "a" * 31, "a" * 32, "b" * 255, "c" * 256, "d" * 65_536, "x" * 3000, "é", "é".encode("ISO-8859-1"),
            "bin".b, :symbol, :"longer symbol #{"s" * 60}", 0, 127, 128, 65_536, 2**63, (2**64) - 1, -32, -33, -(2**63),
            0.5, nil, true, false, [1, [2]], { 1 => 2 }, MessagePack::ExtType.new(5, "x")]
    hash = keys.each_with_index.to_a.shuffle(random: Random.new(1)).to_h
    expect(packed(hash)).to eq(canonical(hash))
  end

  it "writes keys of registered classes where their bytes belong, and calls each handler once" do
    calls = []
    name = Struct.new(:text)
    packer.register_exttype(name, 5) { |it| calls.push(it.text).last }
    packer.register_lowlevel(Range) { |range, to| calls.push(range) && to.write(range.to_a) }
    expect(packed({ name.new("b") => 1, (1..2) => 2, name.new("a") => 3, "s" => 4 }))
      .to eq(hex("84 92 01 02 02 a1 73 04 d4 05 61 03 d4 05 62 01"))
    expect(calls).to eq(["b", 1..2, "a"])
  end

  it "writes keys of recursive types, whose payloads may have maps" do
    factory = box_factory
    packer = factory.packer(sort_keys: true)
    box = FactoryHelpers::Box
    hash = { box.new({ "b" => 1, "a" => box.new({ 2 => 0, 1 => 0 }) }) => 1, "k" => box.new({ "y" => 1, "x" => 2 }) }
    read = factory.load(packer.write(hash).full_pack)
    expect(read).to eq(hash)
    expect(read.keys.map { |key| key.is_a?(box) ? key.value.keys : key }).to eq(["k", %w[a b]])
    expect([read["k"].value.keys, read.keys.last.value["a"].value.keys]).to eq([%w[x y], [1, 2]])
  end

  it "sorts what handlers write with the same packer" do
    writing = Class.new { def to_msgpack(packer) = packer.write({ "b" => 1, "a" => 2 }) }
    expect(packed([writing.new, { writing.new => 1 }]))
      .to eq(hex("92 82 a1 61 02 a1 62 01 81 82 a1 61 02 a1 62 01 01"))
  end

  it "works in every way to pack" do
    hash = { "b" => 1, "a" => 2 }
    sorted = hex("82 a1 61 02 a1 62 01")
    factory = MessagePack::Factory.new
    io = ScriptedSink.new(1)
    expect([MessagePack.pack(hash, sort_keys: true), MessagePack.dump(hash, sort_keys: true),
            factory.dump(hash, sort_keys: true), factory.packer(sort_keys: true).write(hash).to_s,
            factory.pool(1, sort_keys: true).dump(hash), packer.write_hash(hash).full_pack,
            MessagePack.pack({ "b" => 1, a: 2 }, sort_keys: true)]).to all(eq(sorted))
    MessagePack.pack(hash, io, sort_keys: true)
    expect(io.taken).to eq(sorted)
    expect(described_class.new(sort_keys: true, compatibility_mode: true).write({ "b" => 1, "a".b => 2 }).to_s)
      .to eq(sorted)
  end

  it "is off where it is not asked for" do
    hash = { "b" => 1, "a" => 2 }
    plain = hex("82 a1 62 01 a1 61 02")
    [{}, { sort_keys: nil }, { sort_keys: false }].each do |options|
      expect([described_class.new(options).write(hash).to_s, MessagePack.pack(hash, options)]).to all(eq(plain))
    end
  end

  it "writes subclasses of Hash, and Hashes with a default or compared by identity" do
    by_identity = {}.compare_by_identity.tap { |it| [["b", 1], [+"a", 2], [+"a", 3]].each { |key, n| it[key] = n } }
    expect(packed(by_identity)).to eq(hex("83 a1 61 02 a1 61 03 a1 62 01"))
    expect(packed(Class.new(Hash)[{ "b" => 1, "a" => 2 }])).to eq(hex("82 a1 61 02 a1 62 01"))
    expect(packed(Hash.new { raise "asked" }.merge!("b" => 1, "a" => 2))).to eq(hex("82 a1 61 02 a1 62 01"))
  end

  describe "leaves nothing of a write that fails" do
    let(:failing) { Class.new { def to_msgpack(packer) = packer.write("half").write(raise(IOError, "mine")) } }

    it "in a key, at any place, deep in another key" do
      box = FactoryHelpers::Box
      packer = box_factory.packer(sort_keys: true).write("before")
      [{ "b" => 1, failing.new => 2 }, { "b" => { "c" => 1, failing.new => 1 }, "a" => 2 },
       { "b" => 1, { "c" => 1, failing.new => 1 } => 2 }, [{ "b" => 1, box.new(failing.new) => 2 }],
       { "b" => 1, box.new({ 1 => 2, box.new({ 2 => 1, failing.new => 2 }) => 3 }) => 2 }].each do |object|
        expect { packer.write(object) }.to raise_error(IOError, "mine")
        expect(packer.to_s).to eq(MessagePack.pack("before"))
      end
      expect(packer.write({ "b" => 1, "a" => 2 }).to_s).to eq(hex("a6 62 65 66 6f 72 65 82 a1 61 02 a1 62 01"))
    end

    it "in a value, when some pairs have been written" do
      packer.write("before")
      expect { packer.write({ "b" => failing.new, "a" => { "d" => 1, "c" => 2 } }) }.to raise_error(IOError, "mine")
      expect { packer.write({ "b" => 1, "a" => 2, 2**64 => 3 }) }.to raise_error(RangeError)
      expect(packer.to_s).to eq(MessagePack.pack("before"))
    end

    it "by throw and by break, too" do
      packer.register_lowlevel(Range) { |_range, to| to.write("half") && throw(:out) }
      catch(:out) { packer.write({ "b" => 1, (1..2) => 2 }) }
      expect(packer.to_s).to eq("")
    end
  end

  it "tells where a key or a value stands that can't be packed" do
    plain = Struct.new(:n).new(1)
    { { "b" => 1, "a" => [2, plain] } => '$["a"][1]', { "b" => { 1 => 2, 2 => plain } } => '$["b"][2]',
      { "b" => 1, plain => 2 } => "$[{#{plain.class}}]", { "b" => 1, [plain] => 2 } => "$[{Array}][0]",
      { "b" => 1, :x => { "c" => 1, "a" => plain } } => '$[:x]["a"]' }.each do |object, place|
      expect { packer.write([object]) }.to raise_error(NoMethodError, /\(at #{Regexp.escape(place.sub("$", "$[0]"))}\)/)
    end
  end

  it "counts levels: NestingError for one too many, and for a Hash that contains itself" do
    packer = described_class.new(sort_keys: true, max_depth: 3)
    expect(packer.write({ "b" => 1, "a" => { 1 => 0, 0 => {} } }).full_pack)
      .to eq(hex("82 a1 61 82 00 80 01 00 a1 62 01"))
    expect { packer.write({ "b" => 1, "a" => { 1 => 0, 0 => { 1 => {} } } }) }.to raise_error(MessagePack::NestingError)
    expect { packer.write({ "b" => 1, { 1 => 0, 0 => [[]] } => 1 }) }.to raise_error(MessagePack::NestingError)
    cyclic = { "b" => 1 }
    cyclic["a"] = cyclic
    expect { described_class.new(sort_keys: true).write(cyclic) }.to raise_error(MessagePack::NestingError)
    expect(packer.empty?).to be(true)
  end

  describe "of a Hash that a handler changes" do
    let(:acting) { Struct.new(:act) { def to_msgpack(packer) = packer.write("k").tap { act.call } } }

    it "raises where there are more or fewer pairs then, and leaves nothing" do
      [->(hash) { hash.delete("b") }, ->(hash) { hash["new"] = 1 }, :clear.to_proc].each do |change|
        %i[key value].each do |place|
          hash = { "b" => 1, "a" => 2 }
          object = acting.new(-> { change.call(hash) })
          place == :key ? hash[object] = 1 : hash["c"] = object
          expect { packer.write(["x", hash]) }.to raise_error(RuntimeError, /Hash was changed while it was packed/)
          expect(packer.to_s).to eq("")
        end
      end
    end

    it "writes the values that it had, if only these are others" do
      hash = { "b" => "x" * 100, "a" => acting.new(-> { hash["b"] = "y" && GC.start }) }
      expect(MessagePack.unpack(packed(hash))).to eq("a" => "k", "b" => "x" * 100)
    end
  end

  it "lets handlers of keys see no more than their own bytes, and write" do
    seen = []
    key = Class.new { define_method(:to_msgpack) { |to| seen << to.write([1]).to_s } }
    written = packer.write("before").write({ "b" => 1, key.new => 2 }).to_s
    expect(written).to eq(MessagePack.pack("before") + hex("82 91 01 02 a1 62 01"))
    expect(seen).to eq([hex("91 01")])
  end

  it "hands much to its io in the middle, in order" do
    io = ScriptedSink.new(7)
    large = Array.new(12) { |n| ["key #{11 - n}", n.to_s * 100_000] }.to_h
    described_class.new(io, sort_keys: true).write(large).flush
    expect(io.taken == canonical(large)).to be(true)
  end
end
