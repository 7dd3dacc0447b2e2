# frozen_string_literal: true

# ObjectSpace asks for the sizes of all objects, also of those that other Ractors are in the middle of using, and of
# those that they are sweeping. In a process of its own, which a mistake ends.
RSpec.describe "ObjectSpace, while other Ractors work", :slow do
  # `ractors` call `work` some times, and the main one asks until they are done.
  def program(times, work, ractors)
    <<~RUBY
      require "msgpack-ext"
      require "objspace"
      Box = Struct.new(:value)
      def result_of(ractor) = ractor.respond_to?(:take) ? ractor.take : ractor.value

      ractors = Array.new(#{ractors}) do
        Ractor.new do
          factory = MessagePack::Factory.new
          factory.register_type(1, Box, packer: ->(box, packer) { packer.write(box.value) },
                                        unpacker: ->(unpacker) { Box.new(unpacker.read) }, recursive: true)
          unpacker = factory.unpacker
          object = (1..40).inject(nil) { |inner, _| Box.new(inner) }
          text = ("\\x07".b * 16_384).freeze
          (0...#{times}).count { #{work} }
        end
      end
      waiting = Thread.new { ractors.map { |ractor| result_of(ractor) } }
      sizes = []
      sizes << ObjectSpace.count_objects_size.fetch(:T_DATA) until waiting.join(0)
      p waiting.value, sizes.max
    RUBY
  end

  # Expects `work` always to be true, and all typed data never to have taken as many bytes as `most`.
  def expect_sizes_below(most, times, work, ractors: 1)
    code = program(times, work, ractors)
    run = in_subprocess(code, options: ["-W:no-experimental", "-I", SubprocessHelpers::LIB])
    expect(run).to be_success, run.to_s[0, 2000]
    done, size = run.stdout.lines(chomp: true)
    expect(done).to eq(([times] * ractors).inspect)
    expect(Integer(size)).to be < most
  end

  mebibyte = 1024 * 1024

  # Each makes a Packer, for the handler.
  it "counts new Packers" do
    expect_sizes_below(32 * mebibyte, 50_000, 'factory.dump(Box.new(5)) == "\xD4\x01\x05".b', ractors: 2)
  end

  it "counts new Unpackers and Buffers" do
    expect_sizes_below(32 * mebibyte, 50_000, <<~RUBY)
      MessagePack::Unpacker.new.feed("a").read == 97 && (MessagePack::Buffer.new << "a").size == 1 &&
        MessagePack::Packer.new.write(1).buffer.size == 1
    RUBY
  end

  it "counts new Factories, and Packers and Unpackers that classes are registered with" do
    expect_sizes_below(32 * mebibyte, 20_000, <<~RUBY)
      holders = [MessagePack::Packer.new, MessagePack::Unpacker.new, MessagePack::Factory.new]
      holders[0].register_type(1, Box, :to_s)
      holders[1].register_type(1, Box, :new)
      holders[2].register_type(1, Box, packer: :to_s, unpacker: :new)
      holders.all? { |holder| holder.registered_types.size == 1 }
    RUBY
  end

  it "counts Packers and Unpackers while they work on types that lie in each other" do
    expect_sizes_below(32 * mebibyte, 1500, <<~RUBY, ractors: 3)
      bytes = factory.dump(object)
      factory.load(bytes) == object && unpacker.feed(bytes).read == object
    RUBY
  end

  # 16 MiB at a time in each Ractor.
  it "counts Buffers and Unpackers that grow and shrink" do
    expect_sizes_below(128 * mebibyte, 100, <<~RUBY, ractors: 3)
      buffer, unpacker = MessagePack::Buffer.new, MessagePack::Unpacker.new
      500.times { buffer << text && unpacker.feed(text) }
      100_000.times { unpacker.skip }
      buffer.skip(8_000_000)
      left = [buffer.size, unpacker.buffer.size]
      buffer.clear
      unpacker.reset
      left == [192_000, 8_092_000]
    RUBY
  end
end
