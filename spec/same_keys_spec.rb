# frozen_string_literal: true

# Maps with the keys of an earlier one are made from a model of it; Hashes are read from their tables. Neither may show.
RSpec.describe MessagePack, "maps with the same keys again and again" do
  # Around what one table of a small Hash holds, and around the largest Hash that is kept as a model.
  sizes = [0, 1, 2, 7, 8, 9, 10, 31, 63, 64, 65, 100]

  def record(size, turn, key: :to_s)
    Array.new(size) { |n| ["k#{n}".public_send(key), [turn, "value #{n}", nil, 1.5][(n + turn) % 4]] }.to_h
  end

  sizes.each do |size|
    it "have their own values: #{size} pairs" do
      records = Array.new(6) { |turn| record(size, turn) }
      expect(MessagePack.unpack(MessagePack.pack(records))).to eq(records)
    end

    it "are Hashes like any other: #{size} pairs" do
      first, *others = MessagePack.unpack(MessagePack.pack(Array.new(4) { record(size, 0) }))
      others.each { |hash| hash.store("new", hash.delete("k0")) && hash.default = 7 }
      expect(others).to all(eq(record(size, 0).tap { |hash| hash.store("new", hash.delete("k0")) }))
      expect(first).to eq(record(size, 0))
      expect([first.frozen?, first.default, first.compare_by_identity?]).to eq([false, nil, false])
    end

    it "are packed in their order, whatever was deleted: #{size} pairs" do
      hash = record(size, 0)
      hash.keys.each_slice(3) { |key, *| hash.delete(key) }
      hash["last"] = true
      expected = hash.map { |key, value| MessagePack.pack(key) + MessagePack.pack(value) }.join
      packed = MessagePack.pack(hash)
      expect(packed.delete_suffix(expected)).to eq(MessagePack::Packer.new.write_map_header(hash.size).to_s)
    end
  end

  it "may have their keys in another order" do
    pairs = record(5, 1).to_a
    hashes = pairs.permutation.first(40).map(&:to_h)
    expect(MessagePack.unpack(MessagePack.pack(hashes)).map(&:to_a)).to eq(hashes.map(&:to_a))
  end

  it "may differ in the middle only" do
    hashes = Array.new(50) { |turn| { "a" => 1, "m#{turn % 3}" => turn, "z" => 2 } }
    expect(MessagePack.unpack(MessagePack.pack(hashes))).to eq(hashes)
  end

  it "may give a key twice: the last one wins, each time" do
    twice = hex("83 a1 61 01 a1 62 02 a1 61 03")
    expect(MessagePack.unpack(hex("96") + (twice * 6))).to all(eq({ "a" => 3, "b" => 2 }))
  end

  it "may have keys that are no Strings" do
    hashes = Array.new(6) do |n|
      { nil => n, true => [n], 7 => "x", (2**70) % (2**64) => 1, 1.5 => n, "s" => n, [1] => 2 }
    end
    expect(MessagePack.unpack(MessagePack.pack(hashes))).to eq(hashes)
  end

  it "may be asked for with Symbols, and frozen, in turn" do
    bytes = MessagePack.pack(Array.new(4) { |turn| record(4, turn) })
    texts = Array.new(4) { |turn| record(4, turn) }
    symbols = Array.new(4) { |turn| record(4, turn, key: :to_sym) }
    3.times do
      expect(MessagePack.unpack(bytes)).to eq(texts)
      expect(MessagePack.unpack(bytes, symbolize_keys: true)).to eq(symbols)
      expect(MessagePack.unpack(bytes, freeze: true)).to eq(texts).and all(be_frozen)
      expect(MessagePack.unpack(bytes, key_cache: false)).to eq(texts)
    end
  end

  # A model is an object like others to ObjectSpace. It is frozen: nobody can change what comes out of it.
  it "can't be changed through ObjectSpace" do
    bytes = MessagePack.pack(Array.new(4) { |turn| { "own key" => turn, "other" => 1 } })
    MessagePack.unpack(bytes)
    models = ObjectSpace.each_object(Hash).select { |hash| hash.frozen? && hash.keys == ["own key", "other"] }
    models.each { |model| expect { model["own key"] = 9 }.to raise_error(FrozenError) }
    expect(MessagePack.unpack(bytes)).to eq(Array.new(4) { |turn| { "own key" => turn, "other" => 1 } })
  end

  # The write barriers: what a copy refers to must be found by a collection that has begun before.
  it "keep their values while the GC marks step by step" do
    records = Array.new(300) { |turn| Array.new(12) { |n| ["key #{n}", "value #{turn} #{n}"] }.to_h }
    bytes = MessagePack.pack(records)
    unpacked = Array.new(20) do
      GC.start(full_mark: true, immediate_mark: false, immediate_sweep: false)
      MessagePack.unpack(bytes)
    end
    expect(unpacked).to all(eq(records))
  end

  it "are packed as they are after a handler has changed a value, and not if it has changed the size" do
    box = Struct.new(:change) { def to_msgpack(packer) = change.call && packer.write(0) }
    hash = record(12, 0)
    hash["k3"] = box.new(-> { hash["k9"] = "changed" })
    expect(MessagePack.unpack(MessagePack.pack(hash))).to eq(hash.merge("k3" => 0))
    changes = [-> { hash["new"] = 1 }, -> { hash.delete("k11") }, -> { hash.clear }, -> { hash.replace({ "k" => 1 }) }]
    changes.each do |change|
      hash = record(12, 0).merge("k3" => box.new(change))
      expect { MessagePack.pack(hash) }.to raise_error(RuntimeError, /changed|during iteration/)
    end
  end
end
