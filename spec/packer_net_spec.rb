# frozen_string_literal: true

require "stringio"

# Plain objects are packed without catching exceptions; where something comes that may raise, all is done again with a
# net, and so are the next 255 writes. Nobody must see which of the two it was.
RSpec.describe MessagePack::Packer, "with plain and other objects in turn" do
  odd = Struct.new(:data) do
    def to_msgpack(packer)
      packer.write(data)
    end
  end
  plain = { "id" => 1, :symbol => [1.5, nil, true, "é", "\xFF".b], "nested" => { "list" => (0..20).to_a } }
  # Where in a plain object the other one stands.
  places = {
    "alone" => ->(object) { object }, "first" => ->(object) { [object, plain] },
    "last" => ->(object) { [plain, object] }, "as a key" => ->(object) { { "a" => 1, object => 2, "b" => 3 } },
    "as a value" => ->(object) { { "a" => [[plain, { "k" => object }], 1] } },
    "behind much" => ->(object) { [Array.new(3000, plain), object] }
  }

  places.each do |place, put|
    it "packs the same with an object that writes itself: #{place}" do
      packer = described_class.new
      wanted = MessagePack.pack(put.call(7))
      [odd.new(7), 7, odd.new(7)].each do |object|
        expect(MessagePack.pack(put.call(object))).to eq(wanted)
        packer.write(plain).write(put.call(object)).write(plain)
      end
      around = MessagePack.pack(plain)
      expect(packer.to_s).to eq((around + wanted + around) * 3)
    end
  end

  it "goes on for more writes than are done with a net" do
    packer = described_class.new
    objects = (0...1200).map { |i| (i % 500).zero? ? [odd.new(i)] : [i] }
    objects.each { |object| packer.write(object) }
    expect(MessagePack::Unpacker.new.feed(packer.to_s).to_a).to eq((0...1200).map { |i| [i] })
    expect(objects.map { |object| MessagePack.pack(object) }.join).to eq(packer.to_s)
  end

  it "takes back what it had written when it has to begin again, and then fails" do
    packer = described_class.new.write(plain)
    before = packer.to_s
    [Object.new, 2**64, "\xD8\x00".dup.force_encoding("UTF-16BE"), BasicObject.new].each do |wrong|
      expect { packer.write([plain, { "k" => ["x" * 100, wrong] }]) }.to raise_error(StandardError)
      expect(packer.to_s).to eq(before)
      300.times { packer.write(1) }
      packer.clear
      packer.write(plain)
    end
  end

  it "hands its bytes over all the same" do
    io = StringIO.new("".b)
    packer = described_class.new(io)
    records = (0...3000).map { |i| i == 1500 ? odd.new(plain) : plain }
    records.each { |record| packer.write(record) }
    expect(io.string.bytesize).to be > 32 * 1024
    packer.flush
    expect(io.string).to eq(MessagePack.pack(plain) * 3000)
  end
end
