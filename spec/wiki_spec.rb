# frozen_string_literal: true

# The wiki page of the fork, from its first sentence to its last, with its own examples. Literals with bytes above 127
# are given a `.b` where they are compared; nothing else is changed but where a comment says so.
# The lookup chain in all its combinations is in wiki_lookup_chain_spec.rb.
RSpec.describe "the wiki page, packing" do
  # The page's initializer, "reused" by it in each later version of MyClass.
  let(:initializer) do
    Module.new do
      def initialize(data)
        @data = data.to_s
      end
    end
  end

  def low_level_class
    Class.new do
      def to_msgpack(packer)
        MessagePack::ExtType.pack(packer, 22, @data)
      end
    end
  end

  def high_level_class
    Class.new(low_level_class) do
      def to_exttype
        @data
      end
    end
  end

  def define_my_class(klass)
    klass.include(initializer)
    stub_const("MyClass", klass)
  end

  # "\xD6\x7FUo\x9B\xEC" holds the second at which the page's author ran his example.
  let(:time) { Time.at(0x556f9bec) }

  let(:packer) { MessagePack::Packer.new }

  describe "unregistered classes" do
    it "delegates the packing of an unknown class to the object's to_msgpack" do
      define_my_class(low_level_class)
      expect(packer.pack(MyClass.new("abcd")).to_s).to eq(bytes(0xd6, 0x16, "abcd"))
    end

    it "uses as payload whatever was supplied to the initializer" do
      define_my_class(low_level_class)
      expect(packer.pack(MyClass.new(12_345)).to_s).to eq(bytes(0xc7, 0x05, 0x16, "12345"))
    end

    it "needs the object to respond to to_msgpack" do
      expect { packer.pack(Object.new) }.to raise_error(NoMethodError, /to_msgpack/)
    end

    it "asks to_msgpack wherever the object stands in a structure" do
      define_my_class(low_level_class)
      packer.pack([MyClass.new("a"), { "k" => MyClass.new("bc") }])
      expect(packer.to_s).to eq(hex("92 d4 16 61 81 a1 6b d5 16 62 63"))
    end

    it "gets the same bytes from Packer#write_extended_header and Buffer#write" do
      packer.write_extended_header(22, 4)
      packer.buffer.write("abcd")
      expect(packer.to_s).to eq(MessagePack::ExtType.pack(22, "abcd"))
    end

    it "writes incorrect output where the announced length is not that of the string" do
      packer.write_extended_header(22, 4)
      packer.buffer.write("abcde")
      expect(packer.to_s).to eq(bytes(0xd6, 0x16, "abcde"))
      expect { MessagePack.unpack(packer.to_s) }.to raise_error(MessagePack::MalformedFormatError)
    end
  end

  describe "registered classes" do
    before { define_my_class(high_level_class) }

    it "calls to_exttype for the payload and writes the rest itself" do
      packer.register_exttype 33, MyClass
      expect(packer.pack(MyClass.new("abcd")).to_s).to eq(bytes(0xd6, 0x21, "abcd"))
    end

    it "gives the control of the type number to the packer" do
      packer.register_exttype 33, MyClass
      other = MessagePack::Packer.new
      other.register_exttype 34, MyClass
      object = MyClass.new("abcd")
      expect(packer.pack(object).to_s).to eq(bytes(0xd6, 0x21, "abcd"))
      expect(other.pack(object).to_s).to eq(bytes(0xd6, 0x22, "abcd"))
    end

    it "takes the arguments of register_exttype in either order" do
      packer.register_exttype MyClass, 33
      expect(packer.pack(MyClass.new("abcd")).to_s).to eq(bytes(0xd6, 0x21, "abcd"))
    end

    it "falls back to to_msgpack for classes that are not registered" do
      stub_const("Other", low_level_class.include(initializer))
      packer.register_exttype 33, MyClass
      expect(packer.pack(Other.new("abcd")).to_s).to eq(bytes(0xd6, 0x16, "abcd"))
    end
  end

  describe ":unknown_class => false" do
    let(:packer) { MessagePack::Packer.new :unknown_class => false }

    before { define_my_class(high_level_class) }

    it "refuses objects of unregistered classes with TypeError" do
      expect { packer.pack(MyClass.new("abcd")) }.to raise_error(TypeError)
      expect(packer.to_s).to eq("")
    end

    it "still takes registered classes" do
      packer.register_exttype 33, MyClass
      expect(packer.pack(MyClass.new("abcd")).to_s).to eq(bytes(0xd6, 0x21, "abcd"))
    end

    it "takes a class registered by register_lowlevel, through to_msgpack" do
      packer.register_lowlevel MyClass
      expect(packer.pack(MyClass.new("abcd")).to_s).to eq(bytes(0xd6, 0x16, "abcd"))
    end

    it "takes a class registered with typenr = nil, equivalently" do
      packer.register_exttype nil, MyClass
      expect(packer.pack(MyClass.new("abcd")).to_s).to eq(bytes(0xd6, 0x16, "abcd"))
      expect(packer.exttype(MyClass)).to eq([nil, MyClass])
    end
  end

  describe "handlers instead of the predefined methods" do
    it "converts a block given to register_exttype to a Proc" do
      packer.register_exttype(Time, 0x7f) do |time|
        [time.to_i].pack("N")
      end
      expect(packer.exttype(Time)).to match([127, an_instance_of(Proc)])
      expect(packer.pack(time).to_s).to eq("\xD6\x7FUo\x9B\xEC".b)
    end

    it "converts a block given to register_lowlevel to a Proc" do
      packer.register_lowlevel(Time) do |time, packer|
        MessagePack::ExtType.pack(packer, 0x7f, [time.to_i].pack("N"))
      end
      expect(packer.exttype(Time)).to match([nil, an_instance_of(Proc)])
      expect(packer.pack(time).to_s).to eq("\xD6\x7FUo\x9B\xEC".b)
    end

    it "can do the same through the buffer" do
      packer.register_lowlevel(Time) do |time, packer|
        buff = packer.buffer
        buff.write_extended_header(0x7f, 4)
        # The page has a slip here, `buffer.write`: no such variable is there. Run corrected.
        buff.write([time.to_i].pack("N"))
      end
      expect(packer.pack(time).to_s).to eq("\xD6\x7FUo\x9B\xEC".b)
    end

    it "takes a bound method, low-level with a method different from to_msgpack too" do
      serializer = Class.new do
        def payload(time) = [time.to_i].pack("N")
        def write(time, packer) = packer.write(time.to_i)
      end.new
      packer.register_exttype Time, 0x7f, serializer.method(:payload)
      expect(packer.pack(time).to_s).to eq("\xD6\x7FUo\x9B\xEC".b)
      packer.clear
      packer.register_lowlevel Time, serializer.method(:write)
      expect(packer.pack(time).to_s).to eq(hex("ce 55 6f 9b ec"))
    end
  end
end

RSpec.describe "the wiki page, unpacking" do
  around { |example| keeping_class_level_targets { example.run } }

  let(:unpacker) { MessagePack::Unpacker.new }

  before do
    stub_const("MyClass", Class.new do
      attr_reader :data

      def initialize(data)
        @data = data.to_s
      end

      def self.from_exttype(_type, data)
        new data
      end
    end)
  end

  describe "the default" do
    it "makes a MessagePack::ExtType of the type number and the raw data" do
      value = unpacker.feed("\xD6@abcd").unpack
      expect(value).to be_an_instance_of(MessagePack::ExtType)
      expect(value.inspect).to eq('#<MessagePack::ExtType: @type=64, @data="abcd">')
    end

    it "can be changed to raising UnpackerError, by assigning to Unpacker.default_exttype" do
      MessagePack::Unpacker.default_exttype = false
      expect { unpacker.feed("\xD6@abcd").unpack }.to raise_error(MessagePack::UnpackerError)
    end

    it "can be changed for a single instance, which leaves the others alone" do
      unpacker.default_exttype = false
      expect { unpacker.feed("\xD6@abcd").unpack }.to raise_error(MessagePack::UnpackerError)
      expect(MessagePack::Unpacker.new.feed("\xD6@abcd").unpack).to eq(MessagePack::ExtType.new(64, "abcd"))
    end

    it "can be changed by the :default_exttype option" do
      unpacker = MessagePack::Unpacker.new :default_exttype => false
      expect { unpacker.feed("\xD6@abcd").unpack }.to raise_error(MessagePack::UnpackerError)
    end
  end

  describe "registration" do
    it "calls from_exttype of the class with the type and the unpacked payload as a string" do
      unpacker.register_exttype 22, MyClass
      value = unpacker.feed("\xD6\x16abcd").unpack
      expect(value).to be_an_instance_of(MyClass)
      expect(value.data).to eq("abcd")
    end

    it "is there for all instances when done on the class" do
      existing = unpacker
      MessagePack::Unpacker.register_exttype 22, MyClass
      expect([existing, MessagePack::Unpacker.new].map { |u| u.feed("\xD6\x16abcd").unpack.data }).to eq(%w[abcd abcd])
      expect(MessagePack.unpack("\xD6\x16abcd")).to be_an_instance_of(MyClass)
    end

    it "of the class is overridden by that of an instance" do
      MessagePack::Unpacker.register_exttype 22, MyClass
      unpacker.register_exttype(22) { |type, data| [type, data] }
      expect(unpacker.feed("\xD6\x16abcd").unpack).to eq([22, "abcd"])
    end

    it "is told by resolve_exttype" do
      unpacker.register_exttype 22, MyClass
      expect(unpacker.resolve_exttype(22)).to equal(MyClass)
    end

    it "leads to UnpackerError where resolve_exttype returns nil" do
      MessagePack::Unpacker.default_exttype = nil
      expect(unpacker.resolve_exttype(22)).to be_nil
      expect { unpacker.feed("\xD6\x16abcd").unpack }.to raise_error(MessagePack::UnpackerError)
    end
  end

  describe "callable handlers" do
    it "may be a Method" do
      target = Class.new { def make(type, data) = { type => data } }.new
      unpacker.register_exttype 22, target.method(:make)
      expect(unpacker.feed("\xD6\x16abcd").unpack).to eq({ 22 => "abcd" })
    end

    it "may be a Proc" do
      unpacker.register_exttype 22, proc { |type, data| { type => data } }
      expect(unpacker.feed("\xD6\x16abcd").unpack).to eq({ 22 => "abcd" })
    end

    it "may be any other object with call" do
      unpacker.register_exttype 22, Class.new { def call(type, data) = { type => data } }.new
      expect(unpacker.feed("\xD6\x16abcd").unpack).to eq({ 22 => "abcd" })
    end

    context "with the page's block for Time" do
      before do
        unpacker.register_exttype(0x7f) do |_type, data|
          if data.length != 4
            raise MessagePack::MalformedFormatError,
                  "Expected 4 bytes for Extended type 0x7f but got #{data.size} bytes"
          end
          Time.at(*data.unpack("N"))
        end
      end

      it "converts it to a Proc" do
        expect(unpacker.exttype(0x7f)).to be_a(Proc)
      end

      it "calls it" do
        # The page shows 2015-06-04 01:41:26 0200.
        expect(unpacker.feed("\xD6\x7FUo\x90\xA6").unpack).to eq(Time.new(2015, 6, 4, 1, 41, 26, "+02:00"))
      end

      it "lets its MalformedFormatError out" do
        expect { unpacker.feed("\xD5\x7FUo").unpack }
          .to raise_error(MessagePack::MalformedFormatError, "Expected 4 bytes for Extended type 0x7f but got 2 bytes")
      end
    end
  end
end
