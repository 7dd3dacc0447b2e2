# frozen_string_literal: true

# Plain values are put one behind the other without a look at how much room there is, as long as there is plenty. Where
# it ends they are written otherwise, and more is asked for: 512 bytes on the stack come first for one call, a Packer
# has 1,100 bytes at first.
RSpec.describe MessagePack::Packer, "at the end of the room that there is" do
  ends = [512, 1100]
  # Before an end by as much as the longest value that is put without a look, or behind it.
  near = ends.flat_map { |last| ((last - 80)..(last + 10)).to_a }

  values = {
    "Integers of one byte" => 1, "of two bytes" => -128, "of three bytes" => 300, "of five bytes" => -70_000,
    "of nine bytes" => 2**61, "Floats" => 0.1, "nils" => nil, "short Strings" => "short",
    "Strings of 24 bytes" => "x" * 24, "longer Strings" => "y" * 60, "short Arrays" => [1, "two", 3.0],
    "Hashes" => { "key" => 1 }, "binaries" => "z".b * 20, "Floats that are objects" => 1e300,
    "Integers of 64 bits" => 2**63
  }

  def header(kind, count)
    described_class.new.public_send(:"write_#{kind}_header", count).to_s
  end

  values.each do |name, value|
    single = described_class.new.write(value).to_s
    counts = near.map { |bytes| bytes / single.bytesize }.uniq

    it "writes #{name} in Arrays of any length" do
      wrong = counts.reject do |count|
        expected = header(:array, count) + (single * count)
        expected == MessagePack.pack([value] * count) && expected == described_class.new.write([value] * count).to_s
      end
      expect(wrong).to be_empty
    end

    it "writes #{name} in Hashes of any size" do
      counts = near.map { |bytes| bytes / (single.bytesize + 2) }.uniq
      wrong = counts.reject do |count|
        hash = (1..count).to_h { |number| [-number - 40, value] }
        expected = header(:map, count) + hash.keys.map { |key| described_class.new.write(key).to_s + single }.join
        expected == MessagePack.pack(hash) && expected == described_class.new.write(hash).to_s
      end
      expect(wrong).to be_empty
    end

    it "writes #{name} behind what a kept Packer has" do
      packer = described_class.new
      1200.fdiv(single.bytesize).ceil.times { packer.write(value) }
      expect(packer.to_s).to eq(single * 1200.fdiv(single.bytesize).ceil)
    end
  end

  it "writes remembered keys up to the end" do
    rows = Array.new(400) { |number| { id: number % 100, name: "n", "text" => [] } }
    row = ->(number) { described_class.new.write(number).to_s }
    expected = rows.map { |it| "\x83\xA2id".b + row[it[:id]] + "\xA4name\xA1n\xA4text\x90".b }
    packer = described_class.new
    expect(rows.map { |it| packer.write(it) && packer.full_pack }).to eq(expected)
    expect(MessagePack.pack(rows)).to eq(header(:array, 400) + expected.join)
    rows.each { |it| packer.write(it) }
    expect(packer.to_s).to eq(expected.join)
  end
end
