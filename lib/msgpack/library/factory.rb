# frozen_string_literal: true

module MessagePack
  # The Factory itself is native; what is not hot is here.
  class Factory
    # A Pool whose Packers and Unpackers know what is registered now; what this Factory registers later, they do not.
    #
    # Source: the API of the `msgpack` gem.
    #
    # @param size [Integer] how many idle Packers, and how many idle Unpackers, are kept
    # @param options [Hash] as of {Packer#initialize} and {Unpacker#initialize}
    # @return [Pool]
    # @raise [::TypeError] if the size is no Integer
    # @raise [ArgumentError] if the size is negative
    # @example
    #   pool = MessagePack::Factory.new.pool(4, symbolize_keys: true)
    #   pool.load(pool.dump({ "id" => 1 }))  # => {id: 1}
    def pool(size = 1, **options)
      Pool.new(frozen? ? self : dup.freeze, size, options)
    end

    # Packs and unpacks for several threads at once. {#dump} and {#load} need no Packer or Unpacker at all; {#packer}
    # and {#unpacker} lend one, which is kept for the next who asks.
    #
    # Source: the API of the `msgpack` gem.
    class Pool
      # @api private
      def initialize(factory, size, options)
        raise ::TypeError, "expected an Integer as size, got #{size.class}" unless size.is_a?(Integer)
        raise ArgumentError, "the size must not be negative, got #{size}" if size.negative?

        @factory = factory
        @options = options.empty? ? nil : options.dup.freeze
        @packers = Members.new(size) { @factory.packer(@options).freeze }
        @unpackers = Members.new(size) { @factory.unpacker(@options).freeze }
        freeze
      end

      # Packs one object.
      #
      # Source: the `msgpack` gem.
      #
      # @param object [Object] what is packed
      # @return [String] the bytes, ASCII-8BIT
      # @raise (see MessagePack.pack)
      # @example
      #   MessagePack::Factory.new.pool.dump([1])  # => "\x91\x01"
      def dump(object)
        @options ? @factory.dump(object, @options) : @factory.dump(object)
      end
      alias pack dump

      # Unpacks one object.
      #
      # Source: the `msgpack` gem.
      #
      # @param source [String, #to_str, #readpartial, #read] the bytes, exactly one object
      # @return [Object]
      # @raise (see MessagePack.unpack)
      # @example
      #   MessagePack::Factory.new.pool.load("\x91\x01")  # => [1]
      def load(source)
        @options ? @factory.load(source, @options) : @factory.load(source)
      end
      alias unpack load

      # Lends a Packer, which is reset afterwards. Nothing can be registered with it.
      #
      # Source: the `msgpack` gem.
      #
      # @yieldparam packer [Packer]
      # @return [Object] what the block returns
      # @raise [ArgumentError] if there is no block
      # @example
      #   pool = MessagePack::Factory.new.pool
      #   pool.packer { |packer| packer.write(1).write(2).to_s }  # => "\x01\x02"
      def packer(&)
        @packers.lend(&)
      end

      # Lends an Unpacker, which is reset afterwards. Nothing can be registered with it.
      #
      # Source: the `msgpack` gem.
      #
      # @yieldparam unpacker [Unpacker]
      # @return [Object] what the block returns
      # @raise [ArgumentError] if there is no block
      # @example
      #   pool = MessagePack::Factory.new.pool
      #   pool.unpacker { |unpacker| unpacker.feed("\x01\x02").to_a }  # => [1, 2]
      def unpacker(&)
        @unpackers.lend(&)
      end

      # What it is, in a line.
      #
      # Source: new.
      #
      # @return [String]
      # @example
      #   MessagePack::Factory.new.pool(2).inspect.start_with?("#<MessagePack::Factory::Pool of 2, idle: ")  # => true
      def inspect
        return "#<#{self.class} uninitialized>" unless @factory

        idle = { "Packer" => @packers.idle, "Unpacker" => @unpackers.idle }
        idle = idle.map { |name, count| "#{count} #{name}#{"s" unless count == 1}" }
        "#<#{self.class} of #{@packers.size}, idle: #{idle.join(", ")}, #{@factory.inspect}>"
      end

      # Idle Packers or Unpackers.
      #
      # @api private
      class Members
        # @return [Integer] how many are kept at most
        attr_reader :size

        def initialize(size, &make)
          @size = size
          @make = make
          # The first is made now: options that it does not take are an error at once.
          @idle = [make.call].first(size)
          @mutex = Mutex.new
        end

        # @return [Integer] how many are kept now. Without the lock, which a signal's handler can't take.
        def idle
          @idle.size
        end

        def lend
          raise ArgumentError, "expected a block that uses what the pool lends, got none" unless block_given?

          member = @mutex.synchronize { @idle.pop } || @make.call
          begin
            yield member
          ensure
            give_back(member)
          end
        end

        private

        # One that somebody is still in the middle of using is left to the GC.
        def give_back(member)
          return unless member.__send__(:idle?)

          member.reset
          @mutex.synchronize { @idle.push(member) if @idle.size < @size }
        end
      end
      private_constant :Members
    end
  end
end
