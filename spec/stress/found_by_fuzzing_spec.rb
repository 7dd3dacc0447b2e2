# frozen_string_literal: true

# What random programs have found (fuzz.rb), each as small as it could be made.
RSpec.describe "Found by fuzzing" do
  # An io that raises between two pieces.
  def interrupted(*pieces)
    steps = pieces.flat_map { |piece| [IOError.new("interrupted"), hex(piece)] }.drop(1)
    MessagePack::Unpacker.new(ScriptedIO.new(*steps))
  end

  describe "a skip in the middle of which the io raises" do
    it "is finished by the next read" do
      unpacker = interrupted("93 01", "02 03 07")
      expect { unpacker.skip }.to raise_error(IOError)
      expect(unpacker.read).to eq(7)
    end

    it "is finished by skip_nil, for which the rest is no half-read object" do
      unpacker = interrupted("93 01", "02 03 C0")
      expect { unpacker.skip }.to raise_error(IOError)
      expect(unpacker.skip_nil).to be(true)
    end

    it "calls no handler when it is finished" do
      unpacker = interrupted("92 01", "D4 05 61 07")
      unpacker.register_exttype(5) { |*| raise "called" }
      expect { unpacker.skip }.to raise_error(IOError)
      expect(unpacker.read).to eq(7)
    end

    it "is finished where the end of the input has interrupted it, too" do
      unpacker = MessagePack::Unpacker.new(ScriptedIO.new(hex("93 01"), EOFError.new, hex("02 03 07")))
      expect_underflow { unpacker.skip }
      expect(unpacker.read).to eq(7)
    end
  end

  it "the offset of missing input is the token's, also within what is passed over after an error" do
    offsets = ["92 D4 05 61 A5", "92 D4 05 61 A5 62 63"].map do |input|
      unpacker = unpacker_of(input, default_exttype: false)
      expect { unpacker.read }.to raise_error(MessagePack::UnknownExtTypeError)
      error_of { unpacker.read }.offset
    end
    expect(offsets).to eq([4, 4])
  end
end
