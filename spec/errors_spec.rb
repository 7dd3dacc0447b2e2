# frozen_string_literal: true

# The error classes: what inherits from what, and the offset that those of unpacking have. When each is raised is told
# in the specs of the methods that raise it.
RSpec.describe "MessagePack's errors" do
  around { |example| keeping_class_level_targets { example.run } }

  # @return [MessagePack::UnpackError, MessagePack::UnderflowError] what unpacking these bytes raises
  def unpack_error(digits, **options)
    error_of { MessagePack.unpack(hex(digits), options) }
  end

  describe "classes" do
    {
      "UnpackError" => StandardError, "MalformedFormatError" => "UnpackError", "StackError" => "UnpackError",
      "TypeError" => "UnpackError", "UnexpectedTypeError" => "TypeError", "UnknownExtTypeError" => "UnpackError",
      "UnderflowError" => EOFError, "NestingError" => ArgumentError
    }.each do |name, parent|
      it "#{name} inherits from #{parent}" do
        parent = MessagePack.const_get(parent) if parent.is_a?(String)
        expect(MessagePack.const_get(name).superclass).to equal(parent)
        expect(MessagePack.const_get(name).name).to eq("MessagePack::#{name}")
      end
    end

    it "UnpackerError is the wiki's name of UnpackError" do
      expect(MessagePack::UnpackerError).to equal(MessagePack::UnpackError)
    end

    it "can all be rescued with a plain rescue, and raised by a program" do
      %i[UnpackError MalformedFormatError StackError TypeError UnexpectedTypeError UnknownExtTypeError UnderflowError
         NestingError].each do |name|
        klass = MessagePack.const_get(name)
        expect(klass).to be < StandardError
        expect { raise klass, "mine" }.to raise_error(klass, "mine")
        expect { raise klass }.to raise_error(klass)
      end
    end

    it "keeps its TypeError apart from Ruby's" do
      expect(MessagePack::TypeError).not_to be <= TypeError
      expect(TypeError).not_to be <= MessagePack::TypeError
    end
  end

  describe "#offset" do
    it "is there on all that unpacking raises, and nil where a program made the error" do
      %i[UnpackError MalformedFormatError StackError TypeError UnexpectedTypeError UnknownExtTypeError UnderflowError]
        .each { |name| expect(MessagePack.const_get(name).new("mine").offset).to be_nil }
    end

    {
      "no input at all" => ["", 0, :UnderflowError],
      "an Array without its elements" => ["93 01 02", 3, :UnderflowError],
      "half a String" => ["92 01 a5 61 62", 2, :UnderflowError], "half a header" => ["91 cd 01", 1, :UnderflowError],
      "half an extended type" => ["91 d6 05 61", 1, :UnderflowError],
      "a Hash without its value" => ["81 01", 2, :UnderflowError],
      "0xc1" => ["c1", 0, :MalformedFormatError], "0xc1 inside" => ["92 a1 61 c1", 3, :MalformedFormatError],
      "left-over bytes" => ["91 01 02 03", 2, :MalformedFormatError]
    }.each do |name, (digits, offset, klass)|
      it "is that of the offending token for #{name}" do
        error = unpack_error(digits)
        expect([error.class, error.offset]).to eq([MessagePack.const_get(klass), offset])
      end
    end

    it "is that of an extended type which is refused" do
      error = unpack_error("93 01 a1 61 d4 05 62", default_exttype: false)
      expect([error.class, error.offset]).to eq([MessagePack::UnknownExtTypeError, 4])
      expect(error.message).to match(/\b5\b/)
    end

    it "is that of the container which is too deep" do
      error = error_of { MessagePack.unpack(("\x91" * 500).b << 0x91 << 0xc0) }
      expect([error.class, error.offset]).to eq([MessagePack::StackError, 500])
      expect(MessagePack.unpack(("\x91" * 500).b << 0xc0).flatten).to eq([nil])
    end

    it "is that of a header which is not of the kind asked for" do
      unpacker = unpacker_of("01 a1 61")
      unpacker.read
      errors = [error_of { unpacker.read_array_header }, error_of { unpacker.read_map_header }]
      expect(errors.map { |error| [error.class, error.offset] }).to eq([[MessagePack::UnexpectedTypeError, 1]] * 2)
      expect(unpacker.read).to eq("a")
    end

    it "counts from the start of the stream, and from zero again after reset" do
      unpacker = unpacker_of("01 92 02 03 91 c1")
      2.times { unpacker.read }
      expect(error_of { unpacker.read }.offset).to eq(5)
      unpacker.reset
      expect(error_of { 2.times { unpacker.feed(hex("01 c1")).read } }.offset).to eq(1)
    end

    it "is an Integer" do
      expect(unpack_error("c1").offset).to be_an(Integer)
    end
  end

  describe "errors from a handler" do
    let(:unpacker) { MessagePack::Unpacker.new }

    # @return [Exception] what comes out when the handler of an extended type at offset 3 raises this
    def out_of_handler(error)
      unpacker.register_exttype(5) { raise error }
      unpacker.reset
      unpacker.feed(hex("01 92 02 d4 05 61"))
      error_of { 2.times { unpacker.read } }
    end

    it "get the offset of the extended type if they are UnpackErrors without one" do
      error = MessagePack::MalformedFormatError.new("mine")
      expect(out_of_handler(error)).to equal(error)
      expect([error.message, error.offset]).to eq(["mine", 3])
      error = Class.new(MessagePack::UnpackError).new("mine")
      expect([out_of_handler(error).equal?(error), error.offset]).to eq([true, 3])
    end

    it "keep the offset they have" do
      inner = error_of { MessagePack.unpack(hex("92 01 c1")) }
      expect(out_of_handler(inner)).to equal(inner)
      expect(inner.offset).to eq(2)
    end

    it "come out untouched otherwise" do
      [RuntimeError.new("mine"), TypeError.new("mine"), IndexError.new("mine"), EOFError.new("mine"),
       NotImplementedError.new("mine")].each do |error|
        expect(out_of_handler(error)).to equal(error)
        expect([error.message, error.instance_variables]).to eq(["mine", []])
      end
    end
  end

  it "says how many bytes are left over" do
    expect(unpack_error("01 02 03 04").message).to match(/\b3\b/)
    expect(unpack_error("01 02").message).to match(/\b1\b/)
  end

  it "raises Ruby's own errors for packing" do
    expect { MessagePack.pack(Object.new) }.to raise_one_of(NoMethodError)
    expect { MessagePack.pack(2**64) }.to raise_one_of(RangeError)
    expect { MessagePack::Packer.new.write_string(1) }.to raise_one_of(TypeError)
    expect { MessagePack::Packer.new(unknown_class: 1) }.to raise_one_of(ArgumentError)
    expect { MessagePack::Packer.new.freeze.register_lowlevel(Time) }.to raise_one_of(FrozenError)
  end
end
