# frozen_string_literal: true

RSpec.describe MessagePack::Unpacker, "#feed and #feed_reference" do
  subject(:unpacker) { described_class.new }

  %i[feed feed_reference].each do |feed|
    context "when called as #{feed}" do
      it "returns the unpacker" do
        expect(unpacker.public_send(feed, hex("01"))).to equal(unpacker)
      end

      it "takes the bytes of a String with any encoding tag" do
        [Encoding::UTF_8, Encoding::BINARY, Encoding::UTF_16LE, Encoding::EUC_JP, Encoding::US_ASCII].each do |tag|
          unpacker.public_send(feed, hex("a2 c3 a9").force_encoding(tag))
          expect(unpacker.read).to eq("é")
        end
      end

      it "takes frozen Strings, empty ones and parts of others" do
        source = hex("ff ff ff 93 01 02 03 ff")
        unpacker.public_send(feed, "").public_send(feed, source[3, 4].freeze)

        expect(unpacker.read).to eq([1, 2, 3])
        expect(unpacker.public_send(feed, "").buffer).to be_empty
      end

      [3, 300, 70_000, 1_000_000].each do |size|
        it "is not concerned by what becomes of the caller's String of #{size} bytes" do
          changes = [
            ->(string) { string.clear },
            ->(string) { string.replace("\xC1".b * string.bytesize) },
            ->(string) { 0.upto(string.bytesize - 1) { |index| string.setbyte(index, 0xc1) } if size < 1000 },
            ->(string) { string << hex("c1") }
          ]
          changes.each do |change|
            string = bytes(0xc6, [size].pack("N"), "x" * size)
            unpacker.public_send(feed, string)
            change.call(string)
            expect(unpacker.read).to eq("x" * size)
          end
        end
      end

      it "leaves the String as it was, unfrozen and its bytes untouched" do
        string = bytes(0xdb, [300_000].pack("N"), "é" * 150_000)
        copy = string.dup
        unpacker.public_send(feed, string)
        unpacker.read << "more"

        expect(string).to eq(copy)
        expect(string).not_to be_frozen
      end

      it "refuses what is no String and takes nothing" do
        unpacker.public_send(feed, hex("92 01"))

        [nil, 1, :symbol, [1]].each do |wrong|
          expect { unpacker.public_send(feed, wrong) }.to raise_error(TypeError, /String/)
        end
        expect(unpacker.public_send(feed, hex("02")).read).to eq([1, 2])
      end
    end
  end

  it "keeps the order of small and large pieces" do
    pieces = [1, 40, 5_000, 2, 700_000, 3, 600, 33_000].map { |size| bytes(0xc6, [size].pack("N"), "y" * size) }
    whole = pieces.join
    cuts = [7, 100, 5_000, 600_000]
    offset = 0
    while offset < whole.bytesize
      piece = whole.byteslice(offset, cuts.rotate!.first)
      unpacker.feed(piece)
      offset += piece.bytesize
    end

    expect(pieces.map { unpacker.read }).to eq(pieces.map { |message| message.byteslice(5..) })
  end
end
